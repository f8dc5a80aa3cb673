"""Finding out how a layer is constructed and called where it was not said: by trying."""

from __future__ import annotations

import copy
import importlib
import itertools
import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from layerdoctor.author import Author
from layerdoctor.guessing.arguments import Arguments
from layerdoctor.guessing.forms import Form
from layerdoctor.guessing.lessons import learn
from layerdoctor.probe import clues, framework
from layerdoctor.probe.construction import Workshop
from layerdoctor.probe.creation import Creations
from layerdoctor.probe.failures import first_cause, message_of, missing_super
from layerdoctor.probe.loading import NothingToExamine, Source
from layerdoctor.probe.subject import Subject
from layerdoctor.spelling import entry_name, input_option, options, table
from layerdoctor.target import Target

MOST_TRIALS = 12
MOST_SECONDS = 8.0
MOST_SIZES = 3
MOST_SHOWN = 2
LONGEST = 120
"""How many characters of a failed trial's message are told."""


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
        return (
            f"`{way or options(self.target) or 'no arguments'}` raised {_said(self.error, message)}"
        )


class Trials:
    """Tries usual arguments and inputs on fresh layers until a call succeeds."""

    def __init__(self, target: Target, source: Source, author: Author) -> None:
        self._target = target
        self._source = source
        self._author = author
        self._tried: list[Trial] = []
        self._asks: tuple[str, ...] = ()
        self._ends = time.monotonic() + MOST_SECONDS
        package = "tf_keras" if self._framework() == "tf_keras" else "keras"
        parameters = clues.parameters(source.attribute) if source.reusable else []
        self._arguments = Arguments(parameters, target.args, package)

    @property
    def needed(self) -> bool:
        """Whether anything has to be guessed."""
        return bool(self._arguments.guessed) or not self._target.inputs

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
            found = next((trial.target for trial in self._tried if trial.own), None)
        if found is None:
            self._asks = (self._line_to_complete(),)
            raise NothingToExamine("guess", self._refusal())
        self._asks = tuple(self._guesses(found))
        return found

    def _framework(self) -> str | None:
        kind = self._source.attribute
        return framework.framework_of(kind if isinstance(kind, type) else type(kind))

    def _search(self) -> Target | None:
        """Return the first way that works and treats the first axis as a batch, else the first."""
        forms: deque[Form] | None = None
        first: Target | None = None
        seen: list[tuple[Any, Form]] = []
        while len(self._tried) < MOST_TRIALS and time.monotonic() < self._ends:
            layer = self._construct()
            if layer is None:
                if self._tried[-1].own or not self._arguments.amend(self._last_words()):
                    return None
                continue
            forms = deque(self._forms(layer)) if forms is None else forms
            form = next(
                (f for f in _drained(forms) if (self._arguments.values, f) not in seen), None
            )
            if form is None:
                return None
            seen.append((self._arguments.values, form))
            target = self._with(form)
            subject = self._call(layer, target)
            if subject is None:
                forms.extendleft(reversed(self._learnt(form, layer)))
            elif self._target.inputs or _keeps_rows(subject):
                return target if first is None or _alike(first, target) else first
            else:
                first = first or target
        return first

    def _construct(self) -> Any:
        """Return a fresh layer, or None where its constructor raised, which is noted."""
        if not self._source.reusable:
            with suppress(Exception):
                return copy.deepcopy(self._source.attribute)
            return self._source.attribute
        target = replace(self._target, args=self._arguments.values)
        workshop = Workshop(target, self._source, Creations(self._author))
        try:
            return workshop.construct(workshop.arguments())
        except NothingToExamine as nothing:
            if nothing.error.kind == "not-a-layer":
                raise
            self._tried.append(Trial(target, nothing, own=False, constructed=False))
        except BaseException as error:
            own = self._is_own(error, None) or not self._may_be_amended(error)
            self._tried.append(Trial(target, error, own, constructed=False))
        return None

    def _may_be_amended(self, error: BaseException) -> bool:
        """Whether another argument, or another environment, could keep it from raising."""
        needs_package = isinstance(error, ImportError)
        named = self._arguments.names_open(message_of(error))
        return needs_package or named or bool(self._arguments.guessed)

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

    def _call(self, layer: Any, target: Target) -> Subject | None:
        """Return the layer and its inputs, or None where the call raised, which is noted."""
        workshop = Workshop(target, self._source, Creations(self._author))
        try:
            subject = workshop.subject(layer, target.args)
            subject.run()
        except BaseException as error:
            self._tried.append(Trial(target, error, self._is_own(error, layer), constructed=True))
            return None
        return subject

    def _last_words(self) -> str:
        return message_of(first_cause(self._tried[-1].error, self._author))

    def _learnt(self, form: Form, layer: Any) -> list[Form]:
        """Return what to try next; where only an argument can help, the same form once more."""
        words = self._last_words()
        sizes = (
            [size for size in clues.sizes_of(layer) if size not in (form.inputs[0].shape or ())]
            if (form.inputs)
            else []
        )
        if self._arguments.names_open(words) and self._arguments.amend(words):
            return [form]
        unlearnt = re.search(r"not (been )?initialized|adapt", words)
        if unlearnt and self._arguments.amend_unlearnt():
            return [form]
        if self._target.inputs:
            return [form] if self._arguments.amend(words) else []
        return learn(form, words, sizes[:MOST_SIZES])

    def _forms(self, layer: Any) -> Iterator[Form]:
        if not self._target.inputs:
            return clues.forms(layer, self._target.call)
        return itertools.repeat(Form(inputs=self._target.inputs), MOST_TRIALS)

    def _is_own(self, error: BaseException, layer: Any) -> bool:
        """Whether no argument and no input could keep the layer from raising this."""
        cause = first_cause(error, self._author)
        if isinstance(cause, NameError) or (layer is not None and missing_super(layer)):
            return True
        if isinstance(cause, AttributeError):
            thing = getattr(cause, "obj", None)
            return isinstance(thing, ModuleType) or framework.is_layer(thing)
        return isinstance(cause, TypeError) and "unexpected keyword argument" in str(cause)

    def _guesses(self, found: Target) -> Iterator[str]:
        guessed = []
        if self._arguments.guessed:
            guessed.append("arguments")
        if not self._target.inputs and found.inputs:
            guessed.append("inputs")
        if not guessed:
            return
        entry = table(found, entry_name(found))
        yield f"guessed the {' and the '.join(guessed)}; to set them: `{options(found)}`"
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
        return f"complete `{' '.join(filter(None, words))}`"

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


def _keeps_rows(subject: Subject) -> bool:
    """Whether one row more is taken, and gives outputs with one row more.

    A layer for which it does not may read the first axis as something else than the batch.
    """
    rows = [array.shape[0] if array.ndim else 0 for array in subject.arrays]
    if not rows or min(rows) < 1 or subject.target.call:
        return True
    more = [np.concatenate([array, array[:1]]) for array in subject.arrays]
    try:
        outputs = framework.flatten(subject.run(subject.tensors(more)))
        sizes = [tuple(tensor.shape)[:1] for tensor in outputs if len(tensor.shape)]
    except Exception:
        return False
    return not sizes or (rows[0] + 1,) in sizes


def _alike(first: Target, other: Target) -> bool:
    """Whether the two differ in the shapes of their inputs alone."""
    if first.inputs_as != other.inputs_as:
        return False
    return [item.dtype for item in first.inputs] == [item.dtype for item in other.inputs]


def _forget_names() -> None:
    """Let the layers made so far have no part in how later ones are named."""
    with suppress(ImportError, AttributeError):
        if framework.keras_3() is not None:
            naming = importlib.import_module("keras.src.utils.naming")
            naming.reset_uids()
        for package in framework.keras_2():
            package.backend.reset_uids()
