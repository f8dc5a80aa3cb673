"""Finding out how a layer is constructed and called where it was not said: by trying."""

from __future__ import annotations

import copy
import importlib
import itertools
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import tensorflow as tf

from layerdoctor.guessing.arguments import Arguments
from layerdoctor.guessing.changed_forms import with_rank
from layerdoctor.guessing.forms import Form, whole_numbers, with_optional
from layerdoctor.guessing.lessons import learn
from layerdoctor.probe.contract.checks.symbolic import NO_SHAPE
from layerdoctor.probe.guess import signatures
from layerdoctor.probe.guess.attempts import (
    ATTEMPTS,
    OtherRows,
    Success,
    differentiated,
    fails_in_training,
    is_about_whole_numbers,
    is_not_finite,
    is_zero,
    promised_rank,
    promises_a_size,
    symbolically,
    with_more_rows,
    with_one_row,
)
from layerdoctor.probe.hooks.creation import Creations
from layerdoctor.probe.hooks.frames import let_go_of_frames
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.construction import LayerFactory
from layerdoctor.probe.layer.failures import first_cause, message_of, missing_super
from layerdoctor.probe.layer.loading import LayerSource, NothingToExamine
from layerdoctor.probe.layer.subject import Subject
from layerdoctor.stages import Stage
from layerdoctor.target import INTEGERS, Target
from layerdoctor.target_text import entry_name, input_option, options, table
from layerdoctor.user_code import Author
from layerdoctor.wording import shape_of

MOST_TRIALS = 12
MOST_SECONDS = 8.0
"""How long trials may work, where the machine is busy with something else in between as well."""
MOST_SHARE = 0.3
"""The part of the time limit that they may take at most."""
MOST_SIZES = 3
MOST_SHOWN = 2
LONGEST = 120
"""How many characters of a failed trial's message are told."""


MISUSES_KERAS = re.compile(
    r"must be passed as a keyword argument|method is deprecated|is out of scope and cannot be used"
)
"""How Keras and TensorFlow refuse what no input can mend: a use of theirs that was allowed once, a
tensor of another graph."""

NOT_OF_TENSORS = re.compile(r"values to unpack|slice index \d+ of dimension 0")
"""What is raised where a tensor of another rank was meant, or several in its place."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One way that was tried, and what it raised."""

    target: Target
    error: BaseException
    own: bool
    """Whether the layer raised for a reason of its own, whatever it is given."""
    constructed: bool
    """Whether its constructor worked."""

    def words(self, author: Author) -> str:
        """Return the way and the failure on one line."""
        message = _one_line(message_of(first_cause(self.error, author)))
        way = " ".join(input_option(item)[1] for item in self.target.inputs)
        way = way or options(self.target) or "no arguments"
        if isinstance(self.error, NothingToExamine):
            return f"`{way}` does not fit: {message}"
        return f"`{way}` raised {_said(self.error, message)}"


class Doubt(IntEnum):
    """What speaks against a way that works, the least first."""

    NONE = 0
    WHOLE_NUMBERS = 1
    """It makes nothing but whole numbers of floats, and may be meant for whole numbers."""
    SHOWS_NOTHING = 2
    """Its outputs are zero, not finite, or have another rank than the layer promises, which may be
    the doing of what was guessed."""
    OTHER_ROWS = 3
    """The outputs do not follow the rows of the inputs."""
    REFUSAL = 4
    """It raises in training, with other rows or on symbolic inputs."""
    ILL_MATCHED = 5
    """Several inputs do not go together: it raises with other rows, or on the way back. Or they
    make the layer do nothing, or it is meant for inputs of another rank."""


@dataclass(frozen=True, slots=True)
class TrialCall:
    """A way to call the layer that works."""

    target: Target
    doubt: Doubt
    others: Sequence[Form] = ()
    """What the doubt suggests to try instead."""


def without_data(target: Target, source: LayerSource, author: Author) -> str | None:
    """Return the options of inputs for which the call works where the data given does not fit.

    None where nothing usual works either: then the layer may well be at fault.
    """
    try:
        found = Trials(replace(target, inputs=()), source, author)._search()
    except NothingToExamine:
        return None
    finally:
        _forget_names()
    return None if found is None else " ".join(" ".join(input_option(i)) for i in found.inputs)


class Trials:
    """Tries usual arguments and inputs on fresh layers until a call succeeds.

    What is about to be tried is told to ``trying``, as the layer may end the process by it.
    """

    def __init__(
        self,
        target: Target,
        source: LayerSource,
        author: Author,
        trying: Callable[[Stage, Target], None] = lambda *_: None,
    ) -> None:
        self._target = target
        self._trying = trying
        self._source = source
        self._author = author
        self._tried: list[Trial] = []
        self._trained: Target | None = None
        """The first way that works in training alone."""
        self._asks: tuple[str, ...] = ()
        self._not_finite = 0
        self._began, self._at_work = time.monotonic(), time.process_time()

    @cached_property
    def _arguments(self) -> Arguments:
        attribute, reusable = self._source.attribute, self._source.reusable
        return Arguments(
            signatures.parameters(attribute) if reusable else [],
            self._target.args,
            self._package(),
            takes_more=reusable and signatures.takes_more(attribute),
        )

    @property
    def needed(self) -> bool:
        """Whether anything has to be guessed."""
        if not self._target.inputs:
            return True
        needs = signatures.required(self._source.attribute) if self._source.reusable else []
        return not self._target.args.keys() >= set(needs)

    @property
    def asks(self) -> tuple[str, ...]:
        """What to write to have it otherwise, or, where nothing was found, what to complete."""
        return self._asks

    def settle(self) -> Target:
        """Return the target with all it needs; raises ``NothingToExamine`` where nothing fits.

        A layer that fails for a reason of its own is returned too: its failure is to be told.
        """
        found = self._search()
        _forget_names()
        if found is None:
            found = next((trial.target for trial in self._tried if trial.own), self._trained)
        if found is None:
            self._asks = (self._line_to_complete(),)
            raise NothingToExamine("guess", self._refusal())
        self._asks = tuple(self._guesses(found))
        return found

    def _framework(self) -> str | None:
        kind = self._source.attribute
        return framework.framework_of(kind if isinstance(kind, type) else type(kind))

    def _package(self) -> str:
        """Return where layers are taken from that the target tracks: a module tracks modules."""
        of_modules = self._framework() == "tf.Module" and find_spec("tf_keras") is not None
        return "tf_keras" if of_modules or self._framework() == "tf_keras" else "keras"

    def _took_long(self) -> bool:
        took, worked = time.monotonic() - self._began, time.process_time() - self._at_work
        most = max(MOST_SECONDS, MOST_SHARE * self._target.timeout)
        return took > most or min(took, worked) > MOST_SECONDS

    def _search(self) -> Target | None:
        """Return the first way that nothing speaks against, else the first that works at all."""
        forms: deque[Form] | None = None
        found: TrialCall | None = None
        seen: list[tuple[Any, Form]] = []
        for _ in range(MOST_TRIALS):
            if self._took_long():
                break
            layer = self._construct()
            if layer is None:
                if self._tried[-1].own or not self._arguments.amend(self._last_words()):
                    break
                continue
            forms = deque(self._forms(layer)) if forms is None else forms
            form = next(
                (f for f in _drained(forms) if (self._arguments.values, f) not in seen), None
            )
            if form is None:
                break
            seen.append((self._arguments.values, form))
            called = self._call(layer, self._with(form))
            if called is None:
                forms.extendleft(reversed(self._learnt(form, layer)))
                continue
            way = self._judged(form, called)
            forms.extendleft(reversed(way.others))
            if found is None or _is_better(way, found):
                found = way
            if way.doubt is Doubt.NONE:
                break
        if found is None or found.doubt is Doubt.ILL_MATCHED:
            return None
        return found.target

    def _judged(self, form: Form, called: Success) -> TrialCall:
        """Return the way that works with what speaks against it."""
        target, layer = called.subject.target, called.subject.layer
        if self._target.inputs or framework.is_assembled(layer):
            return TrialCall(target, Doubt.NONE)
        if all(item is None for item in called.outputs):
            empty = ValueError("it returns nothing")
            self._tried.append(Trial(target, empty, own=False, constructed=True))
            return TrialCall(target, Doubt.ILL_MATCHED)
        doubt = Doubt.NONE
        for attempt in ATTEMPTS:
            error = attempt(called)
            if error is None or self._is_own(error, layer):
                continue
            if isinstance(error, OtherRows):
                doubt = Doubt.OTHER_ROWS
                continue
            words = message_of(first_cause(error, self._author))
            others = learn(form, words)
            if attempt is symbolically and (
                NO_SHAPE in words or all(_rank_of(i) == _rank_of(form) for i in others)
            ):
                continue
            of_several = attempt in (with_one_row, with_more_rows, differentiated)
            of_lists = attempt is symbolically and promises_a_size(called)
            if of_lists or NOT_OF_TENSORS.search(words) or (of_several and len(form.inputs) > 1):
                self._tried.append(Trial(target, error, own=False, constructed=True))
                return TrialCall(target, Doubt.ILL_MATCHED, others)
            return TrialCall(target, Doubt.REFUSAL, others)
        return self._by_outputs(form, called) if doubt is Doubt.NONE else TrialCall(target, doubt)

    def _by_outputs(self, form: Form, called: Success) -> TrialCall:
        """Return the way with what its outputs say against it."""
        target = called.subject.target
        if (rank := promised_rank(called, _rank_of(form)[1])) is not None:
            return TrialCall(target, Doubt.SHOWS_NOTHING, [with_rank(form, rank)])
        if is_about_whole_numbers(called):
            return TrialCall(target, Doubt.WHOLE_NUMBERS, [whole_numbers(form)])
        if is_zero(called):
            others = [with_rank(form, 3)] if _rank_of(form)[1] == [2] else []
            return TrialCall(target, Doubt.SHOWS_NOTHING, others)
        if is_not_finite(called):
            self._not_finite += 1
            may_help = self._not_finite < MOST_SIZES and self._arguments.amend("")
            return TrialCall(target, Doubt.SHOWS_NOTHING, [form] if may_help else [])
        return TrialCall(target, Doubt.NONE)

    def _construct(self) -> Any:
        """Return a fresh layer, or None where its constructor raised, which is noted."""
        if not self._source.reusable:
            with suppress(Exception):
                return copy.deepcopy(self._source.attribute)
            return self._source.attribute
        target = replace(self._target, args=self._arguments.values)
        self._trying(Stage.CONSTRUCT, target)
        factory = LayerFactory(target, self._source, Creations(self._author))
        try:
            return factory.construct(factory.arguments())
        except NothingToExamine as nothing:
            if nothing.error.kind == "not-a-layer" or self._refuses_given(nothing):
                raise
            self._tried.append(Trial(target, nothing, own=False, constructed=False))
        except BaseException as error:
            own = self._is_own(error, None) or not self._may_be_amended(error)
            self._tried.append(Trial(target, error, own, constructed=False))
            let_go_of_frames(error)
        return None

    def _refuses_given(self, nothing: NothingToExamine) -> bool:
        """Whether it is an argument that was given which the constructor does not have."""
        words = nothing.error.message
        unknown = "has no argument" in words or "unexpected keyword" in words
        return unknown and any(
            f"`{name}`" in words or f"'{name}'" in words for name in self._target.args
        )

    def _may_be_amended(self, error: BaseException) -> bool:
        """Whether another argument, or another environment, could keep it from raising."""
        words = message_of(error)
        asked = self._arguments.names_open(words) or self._arguments.may_ask(words)
        return isinstance(error, ImportError) or asked or bool(self._arguments.guessed)

    def _with(self, form: Form) -> Target:
        if self._target.inputs:
            return replace(self._target, args=self._arguments.values)
        return replace(
            self._target,
            args=self._arguments.values,
            inputs=form.inputs,
            inputs_as=form.inputs_as,
            call={**self._target.call, **form.call},
        )

    def _call(self, layer: Any, target: Target) -> Success | None:
        """Return what the call gave, or None where it raised, which is noted."""
        self._trying(Stage.CALL, target)
        factory = LayerFactory(target, self._source, Creations(self._author))
        subject: Subject | None = None
        try:
            subject = factory.subject(layer, target.args)
            tensors = subject.tensors()
            with tf.GradientTape() as tape:
                tape.watch([tensor for tensor in tensors if tensor.dtype.is_floating])
                outputs = framework.flatten(subject.run(tensors))
        except BaseException as error:
            self._tried.append(Trial(target, error, self._is_own(error, layer), constructed=True))
            let_go_of_frames(error)
            if subject is not None and subject.has_training and not fails_in_training(subject):
                self._trained = self._trained or _in_training(target, layer)
            return None
        return Success(subject, tensors, outputs, tape)

    def _last_words(self) -> str:
        return message_of(first_cause(self._tried[-1].error, self._author))

    def _learnt(self, form: Form, layer: Any) -> list[Form]:
        """Return what to try next; where only an argument can help, the same form once more."""
        words = self._last_words()
        sizes = (
            [
                size
                for size in signatures.sizes_of(layer)
                if size not in (form.inputs[0].shape or ())
            ]
            if form.inputs
            else []
        )
        if self._arguments.names_open(words) and self._arguments.amend(words):
            return [form]
        unlearnt = re.search(r"not (been )?initialized|adapt", words)
        if unlearnt and self._arguments.amend_unlearnt():
            return [form]
        if self._target.inputs:
            return [form] if self._arguments.amend(words) else []
        optional = signatures.left_out(layer, form) if re.search(r"\bNone", words) else []
        return [*with_optional(form, optional), *learn(form, words, sizes[:MOST_SIZES])]

    def _forms(self, layer: Any) -> Iterator[Form]:
        if not self._target.inputs:
            return signatures.forms(layer, self._target.call)
        return itertools.repeat(Form(inputs=self._target.inputs), MOST_TRIALS)

    def _is_own(self, error: BaseException, layer: Any) -> bool:
        """Whether no argument and no input could keep the layer from raising this."""
        cause = first_cause(error, self._author)
        if (layer is not None and missing_super(layer)) or MISUSES_KERAS.search(str(cause)):
            return True
        if isinstance(cause, NameError):
            return not isinstance(cause, UnboundLocalError) or signatures.always_sets(cause)
        if isinstance(cause, AttributeError):
            return self._lacks_attribute(cause)
        unexpected = "unexpected keyword argument" in str(cause)
        return isinstance(cause, TypeError) and unexpected and not self._arguments.has_objects

    def _lacks_attribute(self, error: AttributeError) -> bool:
        """Whether what is missing is there on no way, and was not named by a guessed argument."""
        thing, name = getattr(error, "obj", None), error.name or ""
        if framework.is_layer(thing):
            may_be_guessed = framework.is_framework_class(type(thing))
            if may_be_guessed and self._arguments.has_objects:
                return False
            return not signatures.may_set(thing, name)
        named = name in self._arguments.words
        return (isinstance(thing, ModuleType) and not named) or "has no setter" in str(error)

    def _guesses(self, found: Target) -> Iterator[str]:
        guessed = []
        if not self._target.inputs:
            guessed += [f"{each.dtype} {shape_of(each.shape or ())}" for each in found.inputs]
        for name in self._arguments.guessed:
            guessed.append(f"{name}={found.args[name]!r}" if name in found.args else name)
        if not guessed:
            return
        entry = table(found, entry_name(found))
        yield f"guessed: {', '.join(guessed)} · set with `{options(found)}`"
        yield f"or in the config:\n{entry}"

    def _line_to_complete(self) -> str:
        """Return the command with what is known, and a blank for what is not."""
        constructed = any(trial.constructed for trial in self._tried)
        guessed = self._arguments.guessed
        known = replace(
            self._target, args=self._arguments.values if constructed else self._target.args
        )
        blanks = [] if constructed else [f"--arg {name}=VALUE" for name in guessed]
        if not self._target.inputs and (constructed or not guessed):
            blanks.append("--shape SIZES")
        words = ["layerdoctor inspect", self._target.target, options(known), *blanks]
        line = f"complete `{' '.join(filter(None, words))}`"
        if constructed or not guessed:
            return line
        place = self._target.target.rpartition(":")[0]
        return f"{line}, or write a function that returns the layer and name it: `{place}:make`"

    def _refusal(self) -> str:
        shown = list(dict.fromkeys(trial.words(self._author) for trial in self._tried))
        what = "inputs" if any(trial.constructed for trial in self._tried) else "arguments"
        told = "; ".join(shown[:MOST_SHOWN])
        left = len(shown) - MOST_SHOWN
        more = f"; and {left} more" if left > 0 else ""
        return f"cannot guess its {what}: {told}{more}"


def _said(error: BaseException, message: str) -> str:
    name = type(error).__name__
    return name if message in (name, "") else f"{name}: {message}"


def _drained(forms: deque[Form]) -> Iterator[Form]:
    while forms:
        yield forms.popleft()


def _one_line(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _in_training(target: Target, layer: Any) -> Target:
    name = next(name for name in signatures.SUPPLIED if name in framework.call_parameters(layer))
    return replace(target, call={**target.call, name: True})


def _rank_of(form: Form) -> tuple[str, list[int]]:
    """Return how many inputs of which ranks there are, and how they are handed in."""
    return form.inputs_as, [len(item.shape or ()) for item in form.inputs]


def _is_better(way: TrialCall, found: TrialCall) -> bool:
    if found.doubt is Doubt.WHOLE_NUMBERS:
        return way.doubt is Doubt.NONE and all(i.dtype in INTEGERS for i in way.target.inputs)
    return way.doubt < found.doubt and _alike(found.target, way.target)


def _alike(first: Target, other: Target) -> bool:
    """Whether the two differ in the shapes of their inputs alone, and by one axis at most."""
    if first.inputs_as != other.inputs_as or len(first.inputs) != len(other.inputs):
        return False
    return all(
        one.dtype == two.dtype and abs(len(one.shape or ()) - len(two.shape or ())) <= 1
        for one, two in zip(first.inputs, other.inputs, strict=True)
    )


def _forget_names() -> None:
    """Let the layers made so far have no part in how later ones are named."""
    with suppress(ImportError, AttributeError):
        if framework.keras_3() is not None:
            naming = importlib.import_module("keras.src.utils.naming")
            naming.reset_uids()
        for package in framework.keras_2():
            package.backend.reset_uids()
