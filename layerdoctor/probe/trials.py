"""Finding out how a layer is constructed and called where it was not said: by trying."""

from __future__ import annotations

import copy
import importlib
import inspect
import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.author import Author
from layerdoctor.guessing.arguments import Arguments, Parameter
from layerdoctor.guessing.forms import Form, usual_forms
from layerdoctor.guessing.lessons import learn
from layerdoctor.guessing.reading import Hints, read
from layerdoctor.probe import framework
from layerdoctor.probe.construction import Workshop
from layerdoctor.probe.creation import Creations
from layerdoctor.probe.failures import first_cause, message_of, missing_super
from layerdoctor.probe.loading import NothingToExamine, Source
from layerdoctor.probe.subject import Subject
from layerdoctor.spelling import entry_name, input_option, options, table
from layerdoctor.target import Input, Target

MOST_TRIALS = 12
MOST_SECONDS = 8.0
MOST_SIZES = 3
SUPPLIED = ("training", "is_training", "mask")


@dataclass(frozen=True, slots=True)
class Trial:
    """One way that was tried, and what it raised."""

    target: Target
    error: BaseException
    own: bool
    """Whether the layer raised for a reason of its own, whatever it is given."""

    def words(self, author: Author) -> str:
        """Return the way and the failure on one line."""
        inputs = " ".join(input_option(item)[1] for item in self.target.inputs)
        message = _one_line(message_of(first_cause(self.error, author)))
        return f"`{inputs or 'no input'}` raised {type(self.error).__name__}: {message}"


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
        parameters = _parameters(source.attribute) if source.reusable else []
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
            self._tried.append(Trial(target, nothing, own=False))
        except BaseException as error:
            own = self._is_own(error, None) or not self._may_be_amended(error)
            self._tried.append(Trial(target, error, own))
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
            self._tried.append(Trial(target, error, self._is_own(error, layer)))
            return None
        return subject

    def _last_words(self) -> str:
        return message_of(first_cause(self._tried[-1].error, self._author))

    def _learnt(self, form: Form, layer: Any) -> list[Form]:
        """Return what to try next; where only an argument can help, the same form once more."""
        words = self._last_words()
        sizes = (
            [size for size in _sizes_of(layer) if size not in (form.inputs[0].shape or ())]
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
        if self._target.inputs:
            for _ in range(MOST_TRIALS):
                yield Form(inputs=self._target.inputs)
            return
        parameters = framework.call_parameters(layer)
        plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        required = [
            name
            for name, item in parameters.items()
            if item.default is item.empty
            and item.kind in (*plain, inspect.Parameter.KEYWORD_ONLY)
            and name not in (*SUPPLIED, *self._target.call)
        ]
        variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters.values())
        optional = [name for name, item in parameters.items() if item.kind in plain]
        if not required and (variadic or optional):
            required = [(optional or ["inputs"])[0]]
        known = _known_inputs(layer)
        if known is not None:
            yield known
        state = _state(layer)
        states = [name for name in required if re.search(r"state|carry", name)] if state else []
        hints = _hints(layer, required[0] if required else None, parameters)
        for form in usual_forms([name for name in required if name not in states], hints):
            yield _with_states(form, states, state) if states else form

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
        target = replace(self._target, args=self._arguments.values)
        known = options(target)
        words = f"layerdoctor inspect {self._target.target}"
        if known:
            words += f" {known}"
        constructed = any(trial.target.inputs for trial in self._tried)
        missing = "--shape SIZES" if constructed or not self._arguments.guessed else ""
        return (
            f"complete `{words} {missing}`".replace(" `", "`")
            if not missing
            else (f"complete `{words} {missing}`")
        )

    def _refusal(self) -> str:
        if not self._tried:
            return "there was nothing to try"
        shown = list(dict.fromkeys(trial.words(self._author) for trial in self._tried))
        told = "; ".join(shown[:MOST_SIZES])
        left = len(shown) - MOST_SIZES
        return f"no usual way to call it fits: {told}" + (f"; and {left} more" if left > 0 else "")


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


def _drained(forms: deque[Form]) -> Iterator[Form]:
    while forms:
        yield forms.popleft()


def _one_line(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 160 else f"{line[:160]}…"


def _parameters(attribute: Any) -> list[Parameter]:
    """Return the parameters of a class's constructor, base classes' docstrings included."""
    try:
        signature = inspect.signature(attribute)
    except (TypeError, ValueError):
        return []
    texts = [
        inspect.getdoc(attribute) or "",
        inspect.getdoc(getattr(attribute, "__init__", None)) or "",
    ]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        Parameter(
            name=item.name,
            required=item.default is item.empty,
            unset=item.default is None,
            annotation=_annotation(item),
            doc=_documented(item.name, "\n".join(texts)),
        )
        for item in signature.parameters.values()
        if item.kind in named
    ]


def _annotation(item: inspect.Parameter) -> str:
    if item.annotation is item.empty:
        return ""
    return (
        item.annotation
        if isinstance(item.annotation, str)
        else inspect.formatannotation(item.annotation)
    )


def _documented(name: str, text: str) -> str:
    """Return what a docstring says of a parameter: its line and the lines indented below it."""
    head = rf"^(?P<indent> *)`?{re.escape(name)}`? *(?:\((?P<kind>[^)\n]*)\))? *:(?P<first>.*)"
    found = re.search(head + r"(?P<rest>(?:\n(?P=indent) +.*|\n *$)*)", text, re.M)
    if found is None:
        return ""
    return " ".join(" ".join(filter(None, found.group("kind", "first", "rest"))).split())


def _source(function: Any) -> str:
    with suppress(OSError, TypeError):
        return inspect.getsource(inspect.unwrap(getattr(function, "python_function", function)))
    return ""


def _hints(layer: Any, parameter: str | None, parameters: dict[str, inspect.Parameter]) -> Hints:
    kind = type(layer)
    forward = kind.call if framework.is_layer(layer) else kind.__call__
    call = _source(forward)
    build = _source(kind.build) if framework.own_method(layer, "build") else ""
    text = "\n".join(filter(None, (inspect.getdoc(forward), kind.__doc__)))
    annotation = _annotation(parameters[parameter]) if parameter in parameters else ""
    hints = read(call, build, parameter, annotation, text)
    spec = getattr(layer, "input_spec", None)
    ndim, least = getattr(spec, "ndim", None), getattr(spec, "min_ndim", None)
    if ndim is not None:
        return replace(hints, rank=ndim, least_rank=ndim)
    return replace(hints, least_rank=max(hints.least_rank, least)) if least else hints


def _known_inputs(layer: Any) -> Form | None:
    """Return the inputs that a functional or built model says it has."""
    try:
        tensors = framework.flatten(layer.inputs or [])
    except Exception:
        return None
    if not tensors:
        return None
    return Form(
        inputs=tuple(
            Input(
                shape=tuple(_open_size(axis, size) for axis, size in enumerate(tensor.shape)),
                dtype=tf.as_dtype(tensor.dtype).name,
                inferred=True,
            )
            for tensor in tensors
        ),
        inputs_as="list" if len(tensors) > 1 else "auto",
    )


def _open_size(axis: int, size: int | None) -> int:
    return size if size is not None else (2 if axis == 0 else 8)


def _state(layer: Any) -> Any:
    """Return the sizes of the states that a recurrent cell carries, nested as it says them."""
    with suppress(Exception):
        return layer.state_size
    return None


def _with_states(form: Form, names: list[str], state: Any) -> Form:
    batch = (form.inputs[0].shape or (2,))[0] if form.inputs else 2

    def made(size: Any) -> Any:
        if isinstance(size, (list, tuple)) and not isinstance(size, tf.TensorShape):
            return [made(item) for item in size]
        sizes = [size] if isinstance(size, int) else list(size)
        return {"array": [batch, *sizes]}

    nested = made(state)
    value = nested if isinstance(nested, list) else [nested]
    return replace(form, call={**form.call, **dict.fromkeys(names, value)})


def _sizes_of(layer: Any) -> list[int]:
    """Return the sizes of the axes of the layer's weights and arrays."""
    things = [thing for thing in vars(layer).values() if hasattr(thing, "shape")]
    with suppress(Exception):
        things += framework.weights_of(layer)
    sizes: list[int] = []
    for thing in things:
        with suppress(Exception):
            sizes += [int(size) for size in tuple(thing.shape) if size and size > 1]
    return list(dict.fromkeys(sizes))


def _forget_names() -> None:
    """Let the layers made so far have no part in how later ones are named."""
    with suppress(ImportError, AttributeError):
        if framework.keras_3() is not None:
            naming = importlib.import_module("keras.src.utils.naming")
            naming.reset_uids()
        for package in framework.keras_2():
            package.backend.reset_uids()
