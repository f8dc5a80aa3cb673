"""The layer under examination and the ways to run it."""

from __future__ import annotations

import copy
import inspect
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Framework
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.values import draw, random_array
from layerdoctor.target import Input, Target


@dataclass(slots=True)
class Subject:
    """One constructed layer, its inputs and the arguments of its call."""

    target: Target
    layer: Any
    inputs: tuple[Input, ...]
    arrays: list[Any]
    call_args: dict[str, Any]
    framework: Framework
    args: dict[str, Any] = field(default_factory=dict)
    """The constructor's arguments as they were handed in."""
    parameters: dict[str, inspect.Parameter] = field(init=False)
    """Those of the forward pass."""
    _masks_all: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.parameters = framework.call_parameters(self.layer)

    @property
    def has_training(self) -> bool:
        """Whether the forward pass tells training from inference."""
        return self._training_name() is not None

    def _training_name(self) -> str | None:
        names = [name for name in ("training", "is_training") if name in self.parameters]
        if not names and framework.hands_on_training(self.layer):
            names = ["training"]
        return names[0] if names and names[0] not in self.call_args else None

    @property
    def left_out(self) -> set[str]:
        """The optional arguments of the call that it is not given."""
        args, kwargs = self.arguments(self.arrays)
        names = list(self.parameters)[len(args) :]
        given = {*kwargs, *self.call_args, "training", "is_training"}
        optional = (n for n in names if self.parameters[n].default is not inspect.Parameter.empty)
        return set(optional) - given

    def tensors(self, arrays: Sequence[Any] | None = None) -> list[Any]:
        """Return the inputs as tensors of their own, so that no run can change another's."""
        return [tf.constant(np.array(array)) for array in arrays or self.arrays]

    def redrawn(self, draw_number: int) -> list[Any]:
        """Return freshly drawn arrays; number 0 is the first draw.

        The data of a file are the same in each, but for floats that are one number everywhere:
        these say nothing of what others would do.
        """
        seed = self.target.seed + 7919 * draw_number
        pairs = zip(self.inputs, self.arrays, strict=True)
        return [
            random_array(array.shape, str(array.dtype), None, None, seed + index)
            if draw_number and is_uniform(spec, array) and array.dtype.kind == "f"
            else draw(spec, seed + index)
            for index, (spec, array) in enumerate(pairs)
        ]

    @property
    def uniform(self) -> list[tuple[Input, Any]]:
        """The inputs that are one number everywhere, each with its array."""
        pairs = zip(self.inputs, self.arrays, strict=True)
        return [(spec, array) for spec, array in pairs if is_uniform(spec, array)]

    def mirrored(self) -> list[Any]:
        """Return the float inputs of the first draw turned round within their ranges."""
        return [
            _middle(spec) - array if array.dtype.kind == "f" and spec.npy is None else array
            for spec, array in zip(self.inputs, self.arrays, strict=True)
        ]

    def zeros(self) -> list[Any]:
        """Return zeros in place of the float inputs whose range does not exclude them."""
        return [
            np.zeros_like(array) if array.dtype.kind in "fV" and _may_be_zero(spec) else array
            for spec, array in zip(self.inputs, self.arrays, strict=True)
        ]

    def falses(self) -> list[Any]:
        """Return arrays that are False all over in place of the boolean inputs."""
        return [np.zeros_like(a) if a.dtype.kind == "b" else a for a in self.arrays]

    def run(self, tensors: Sequence[Any] | None = None, *, training: bool | None = None) -> Any:
        """Call the layer and return what it returns; raises what it raises."""
        args, kwargs = self.arguments(self.tensors() if tensors is None else tensors)
        return self.layer(*args, **{**kwargs, **self.supplied(args, training=training)})

    def supplied(self, tensors: Sequence[Any], *, training: bool | None = None) -> dict[str, Any]:
        """Return the further arguments of a call, made anew, of which ``mask`` fits the tensors."""
        given = copy_containers(self.call_args)
        return {**given, **self._supplied(tensors=tensors, training=training)}

    def arguments(self, tensors: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return how the inputs reach the call: positional and keyword arguments."""
        names = [spec.name for spec in self.inputs]
        form = self.target.inputs_as
        if form == "list":
            return [list(tensors)], {}
        if form == "dict":
            return [
                {
                    name or f"input_{i}": t
                    for i, (name, t) in enumerate(zip(names, tensors, strict=True))
                }
            ], {}
        if form == "positional":
            return list(tensors), {}
        named = {name: t for name, t in zip(names, tensors, strict=True) if name is not None}
        return [t for name, t in zip(names, tensors, strict=True) if name is None], named

    def _supplied(self, *, tensors: Sequence[Any], training: bool | None) -> dict[str, Any]:
        """Return ``training`` and ``mask`` where the call takes or needs them."""
        supplied: dict[str, Any] = {}
        name = self._training_name()
        if name is not None:
            own = self.parameters.get(name)
            required = own is not None and own.default is inspect.Parameter.empty
            if training is not None or required:
                supplied[name] = bool(training)
        if self.takes_mask and self._masks_all:
            supplied["mask"] = _full_mask(tensors, passes=False)
        elif self.takes_mask and self.parameters["mask"].default is inspect.Parameter.empty:
            supplied["mask"] = _full_mask(tensors, passes=True)
        return supplied

    @property
    def takes_mask(self) -> bool:
        """Whether the call takes a mask that is none of the inputs."""
        args, kwargs = self.arguments(self.arrays)
        given = {*list(self.parameters)[: len(args)], *kwargs, *self.call_args}
        return "mask" in self.parameters and "mask" not in given

    @contextmanager
    def all_masked(self) -> Iterator[None]:
        """Let the mask of every call inside be False all over."""
        self._masks_all = True
        try:
            yield
        finally:
            self._masks_all = False

    def seed(self) -> None:
        """Seed the global generators, so that two runs draw the same."""
        seed_everything(self.target.seed)

    def variables(self) -> list[Any]:
        """Return every variable that the framework knows of, as ``tf.Variable``, each once."""
        known = [as_tf_variable(item) for item in framework.known_variables(self.layer)]
        return list({id(item): item for item in known if isinstance(item, tf.Variable)}.values())


def _middle(spec: Input) -> float:
    """Return twice the middle of a range; a normal distribution has its own at 0."""
    return (spec.low or 0.0) + (spec.high or 0.0) if spec.low is not None else 0.0


def is_uniform(spec: Input, array: Any) -> bool:
    """Whether an input is one number everywhere, and would be so in each draw."""
    is_given = spec.npy is not None or (spec.low is not None and spec.low == spec.high)
    return is_given and is_one_number(array)


def is_one_number(array: Any) -> bool:
    """Whether all numbers of an array are the same, where it has several."""
    if array.size < 2 or array.dtype.kind not in "fiu":
        return False
    return bool((array == array.flat[0]).all())


def _may_be_zero(spec: Input) -> bool:
    return (spec.low is None or spec.low <= 0) and (spec.high is None or spec.high >= 0)


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and TensorFlow's global generators.

    TensorFlow forgets all its kernels with that, which makes every operation slow once more.
    """
    seed_python(seed)
    tf.random.set_seed(seed)


def seed_python(seed: int) -> None:
    """Seed Python's and NumPy's global generators; TensorFlow's goes on from where it is."""
    random.seed(seed)
    np.random.seed(seed % 2**32)


def _full_mask(tensors: Sequence[Any], *, passes: bool) -> Any:
    """Return a mask that lets everything or nothing pass: an entry for each step of a sample."""
    leaves = framework.flatten(list(tensors))
    if not leaves or leaves[0].shape.rank is None or leaves[0].shape.rank < 2:
        return None
    rank = 2 if leaves[0].shape.rank > 2 or leaves[0].dtype.is_integer else 1
    return tf.fill(leaves[0].shape[:rank], passes)


def copy_containers(structure: Any) -> Any:
    """Return copies of nested lists, dictionaries and arrays, and everything else as it is."""
    if isinstance(structure, dict):
        return {key: copy_containers(item) for key, item in structure.items()}
    if isinstance(structure, list):
        return [copy_containers(item) for item in structure]
    return copy.deepcopy(structure) if isinstance(structure, np.ndarray) else structure


@dataclass(slots=True)
class Snapshot:
    """The values of variables at one moment, to go back to."""

    values: list[tuple[Any, Any]]

    @classmethod
    def of(cls, variables: Sequence[Any]) -> Snapshot:
        """Take the values of initialised ``tf.Variable`` objects."""
        return cls([(variable, variable.read_value()) for variable in variables])

    def is_as(self, other: Snapshot) -> bool:
        """Whether nothing was assigned in between: an assignment takes a buffer of its own."""
        return [_buffer(value) for _, value in self.values] == [
            _buffer(value) for _, value in other.values
        ]

    def add(self, variables: Sequence[Any]) -> None:
        """Take the values of variables that are not in it yet."""
        known = {id(variable) for variable, _ in self.values}
        new = [variable for variable in variables if id(variable) not in known]
        self.values += [(variable, variable.read_value()) for variable in new]

    def restore(self) -> None:
        """Give every variable its value back."""
        for variable, value in self.values:
            variable.assign(value)


def _buffer(tensor: Any) -> int:
    """Return the address of a tensor's numbers."""
    return int(np.asarray(tensor).__array_interface__["data"][0])
