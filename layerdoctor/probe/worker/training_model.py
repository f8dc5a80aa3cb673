"""A model that the user trains: its own batch before the first step, and what an epoch left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.probe.contents.assignments import file_of
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Snapshot
from layerdoctor.probe.worker.kept_globals import generators_kept
from layerdoctor.target import Input, InputsAs
from layerdoctor.training_facts import EpochFacts
from layerdoctor.user_code import INSTALLED
from layerdoctor.wording import raised


class NotSeen(Exception):
    """Something could not be observed; the message says why."""


@dataclass(frozen=True, slots=True)
class Called:
    """A layer and the arguments that a model has called it with."""

    layer: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    count: int = 1
    """How many layers are like it, itself included."""

    @property
    def likeness(self) -> Any:
        """What is the same for layers of one class, one config and inputs of one shape."""
        try:
            config = {k: v for k, v in self.layer.get_config().items() if k != "name"}
        except Exception:
            return id(self.layer)  # an author's own method raises what it raises
        shapes = [
            getattr(each, "shape", each) for each in tf.nest.flatten((self.args, self.kwargs))
        ]
        return type(self.layer), repr((config, shapes))

    def inputs(self, folder: Path) -> tuple[tuple[Input, ...], InputsAs, dict[str, Any]]:
        """Write the tensors into files; return the inputs, how they are passed, and other values.

        Raises ``NotSeen`` for what no inputs can be made of.
        """
        others = {name: value for name, value in self.kwargs.items() if _is_plain(value)}
        named = {k: v for k, v in self.kwargs.items() if k not in others and v is not None}
        tensors: dict[str | None, Any] | Sequence[Any] = self.args
        form: InputsAs = "auto"
        if len(self.args) == 1 and isinstance(self.args[0], (list, tuple)):
            form, tensors = "list", self.args[0]
        elif len(self.args) == 1 and isinstance(self.args[0], dict):
            form, named, tensors = "dict", {**self.args[0], **named}, ()
        if form != "auto" and self.kwargs.keys() - others.keys() - {"mask", "training"}:
            raise NotSeen("its call takes a structure and further tensors")
        pairs = [*((None, each) for each in tensors), *named.items()]
        given = tuple(
            _written(folder / f"{id(self.layer)}-{number}.npy", name, each)
            for number, (name, each) in enumerate(pairs)
        )
        return given, form, others


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str))


def _written(file: Path, name: str | None, tensor: Any) -> Input:
    try:
        array = np.asarray(tensor)
    except Exception as error:
        raise NotSeen(f"an argument of its call is no array: {raised(error)}") from None
    if array.dtype == object:
        raise NotSeen(f"an argument of its call is a {type(tensor).__name__}")
    np.save(file, array, allow_pickle=False)
    return Input(name=name, npy=str(file))


class TrainingModel:
    """The model, from before its first step."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._before: Snapshot | None = None
        self._known: set[int] = set()
        self._began = 0
        self._step: Any = None

    def before_first_step(self, look: Callable[[Any], None]) -> None:
        """Have ``look`` called with the first batch, when the first step is about to be run.

        Keras hands no batch to callbacks, so the function that runs a step is replaced until it is
        called: it then takes the batches of that one step, and gives the step all of them back.
        """
        self._step = original = self._model.train_function

        def first_step(iterator: Any) -> Any:
            self._model.train_function = original
            iterator, batch = _peeked(iterator, self._steps_at_once())
            look(batch)
            self._remember()
            return original(iterator)

        self._model.train_function = first_step

    def called_layers(self, batch: Any) -> list[Called]:
        """Return the author's outermost layers with what they are called with for a batch.

        Of several that are alike it is the first. Raises ``NotSeen`` where the model cannot be
        called.
        """
        inputs = batch[0] if isinstance(batch, tuple) else batch
        variables = Snapshot.of([*map(as_tf_variable, framework.known_variables(self._model))])
        found: list[Called] = []
        with generators_kept(), _calls_noted(_own_layers(self._model), found):
            try:
                self._model(inputs, training=False)
            except Exception as error:
                raise NotSeen(f"calling the model on the batch raised {raised(error)}") from None
            finally:
                variables.restore()
        alike: dict[Any, Called] = {}
        for each in found:
            first = alike.setdefault(each.likeness, replace(each, count=0))
            alike[each.likeness] = replace(first, count=first.count + 1)
        return list(alike.values())

    def after_epoch(self) -> EpochFacts:
        """Return what has become of the variables since before the first step."""
        model = self._model
        weights = framework.weights_of(model)
        variables = [as_tf_variable(item) for item in weights]
        names = {id(v): _name(item) for v, item in zip(variables, weights, strict=True)}
        trainable = {id(as_tf_variable(item)) for item in framework.trainable_of(model)}
        before = self._before.values if self._before is not None else []
        unmoved = [v for v, value in before if id(v) in trainable and _same(v, value)]
        nonfinite = [v for v in variables if v.dtype.is_floating and not _is_finite(v)]
        known = self._known or {id(v) for v in variables}
        return EpochFacts(
            steps=_iterations(model) - self._began,
            trained=len(trainable),
            unmoved=tuple(names[id(v)] for v in unmoved),
            nonfinite=tuple(names[id(v)] for v in nonfinite),
            new_variables=tuple(names[id(v)] for v in variables if id(v) not in known),
            traces=_traces(self._step),
        )

    def _remember(self) -> None:
        """Take the values; while they are kept, TensorFlow gives assignments other buffers."""
        variables = [as_tf_variable(item) for item in framework.weights_of(self._model)]
        self._before = Snapshot.of(variables)
        self._known = {id(variable) for variable in variables}
        self._began = _iterations(self._model)

    def _steps_at_once(self) -> int:
        steps = getattr(self._model, "steps_per_execution", None)
        steps = getattr(self._model, "_steps_per_execution", 1) if steps is None else steps
        return int(steps or 1)


def _peeked(iterator: Any, count: int) -> tuple[Any, Any]:
    """Return an iterator over the next batches that is like the one given, and the first batch.

    Of the same type for ``tf.function``, it causes no other trace. The batch is None where the
    batches cannot be taken and given back.
    """
    specs = tf.nest.flatten(getattr(iterator, "element_spec", None))
    known = isinstance(iterator, tf.data.Iterator)
    if not known or not all(isinstance(each, tf.TensorSpec) for each in specs):
        return iterator, None
    batches = [batch for _, batch in zip(range(count), iterator, strict=False)]
    if not batches:
        return iterator, None
    again = tf.data.Dataset.from_generator(
        lambda: iter(batches), output_signature=iterator.element_spec
    )
    return iter(again), batches[0]


def _own_layers(model: Any) -> list[Any]:
    """Return the layers inside a model whose classes are neither a framework's nor installed."""
    return [
        layer
        for layer in framework.sublayers_of(model)
        if layer is not model
        and not framework.is_framework_class(type(layer))
        and not any(folder in (file_of(type(layer)) or "") for folder in INSTALLED)
    ]


@contextmanager
def _calls_noted(layers: Sequence[Any], found: list[Called]) -> Iterator[None]:
    """Note the first call of each layer that is not made inside another of them."""
    inside: list[Any] = []

    def noting(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            new = all(each.layer is not layer for each in found)
            if new and not inside and tf.executing_eagerly():  # Keras 3 builds by symbolic calls
                kept = {k: v for k, v in kwargs.items() if k not in ("training", "mask")}
                found.append(Called(layer, args, kept))
            inside.append(layer)
            try:
                return call(*args, **kwargs)
            finally:
                inside.pop()

        return noted

    for layer in layers:
        object.__setattr__(layer, "call", noting(layer, layer.call))
    try:
        yield
    finally:
        for layer in layers:
            object.__delattr__(layer, "call")


def _name(item: Any) -> str:
    return str(getattr(item, "path", None) or item.name).removesuffix(":0")


def _same(variable: Any, value: Any) -> bool:
    return bool(tf.reduce_all(tf.equal(variable.read_value(), value)))


def _is_finite(variable: Any) -> bool:
    return bool(tf.reduce_all(tf.math.is_finite(variable.read_value())))


def _iterations(model: Any) -> int:
    return int(getattr(getattr(model, "optimizer", None), "iterations", 0))


def _traces(step: Any) -> int | None:
    """Return how often a function was traced, or one of those that it closes over."""
    counts = [
        each.experimental_get_tracing_count()
        for each in _closed_over(step, 4)
        if hasattr(each, "experimental_get_tracing_count")
    ]
    return max(counts, default=None)


def _closed_over(function: Any, depth: int) -> Iterator[Any]:
    yield function
    for cell in getattr(function, "__closure__", None) or () if depth else ():
        try:
            inner = cell.cell_contents
        except ValueError:
            continue
        if callable(inner) and not framework.is_layer(inner):
            yield from _closed_over(inner, depth - 1)
