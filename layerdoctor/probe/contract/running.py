"""One run of the layer, on inputs of its own: what it returned and what it did to its inputs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.probe.layer.subject import Subject


@dataclass(frozen=True, slots=True)
class Mutation:
    """An input that is no longer what it was before the call."""

    subject: str
    """The parameter of the call, or the entry of it, as the author writes it."""


class Inputs:
    """The inputs of one run, and what they were."""

    def __init__(self, subject: Subject, tensors: Sequence[Any]) -> None:
        self._subject = subject
        self._tensors = tensors
        self.args, self.kwargs = subject.arguments(tensors)
        self._names = _names(subject, len(self.args))
        self._entries = {path: id(item) for path, item in self._walk()}

    def call(self, layer: Any, training: bool | None) -> Any:
        """Call the layer on them and return what it returns; raises what it raises."""
        supplied = self._subject.supplied(self.args, training=training)
        return layer(*self.args, **{**self.kwargs, **supplied})

    def moved(self) -> list[Mutation]:
        """Return the containers' entries that are gone, new or replaced."""
        now = {path: id(item) for path, item in self._walk()}
        paths = [
            path for path in {**self._entries, **now} if self._entries.get(path) != now.get(path)
        ]
        return [Mutation(path) for path in paths]

    def overwritten(self) -> list[Mutation]:
        """Return the tensors whose values have changed; they must be eager ones."""
        pairs = zip(self._tensors, self._subject.arrays, strict=True)
        kept = {id(tensor): array for tensor, array in pairs}
        entries = [item for item in self._parameters() if not isinstance(item[1], (dict, list))]
        return [
            Mutation(path)
            for path, item in [*entries, *self._walk()]
            if id(item) in kept and not _same(item, kept[id(item)])
        ]

    def fingerprint(self) -> Any:
        """Return something that is equal as long as nothing was done to the inputs."""
        values = [np.array(t).tobytes() if t.dtype != tf.string else b"" for t in self._tensors]
        return [(path, id(item)) for path, item in self._walk()], values

    def _walk(self) -> list[tuple[str, Any]]:
        """Return the entries of containers handed to the call, and nothing else."""
        return [
            (f"{name}[{key!r}]", item)
            for name, value in self._parameters()
            if isinstance(value, (dict, list))
            for key, item in (value.items() if isinstance(value, dict) else enumerate(value))
        ]

    def _parameters(self) -> list[tuple[str, Any]]:
        return [*zip(self._names, self.args, strict=False), *self.kwargs.items()]


def _names(subject: Subject, count: int) -> list[str]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [name for name, item in subject.parameters.items() if item.kind in positional]
    return (names + [f"inputs[{index}]" for index in range(len(names), count)])[:count]


def _same(tensor: Any, array: Any) -> bool:
    if array.dtype.kind in "OSU":
        return True
    values = np.asarray(tensor)
    if values.dtype.kind == "V":
        return values.tobytes() == np.asarray(array).tobytes()
    return bool(np.array_equal(values, array, equal_nan=values.dtype.kind in "fc"))
