"""What a constant is to the layer: used, derived from weights, the same at every construction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Constant
from layerdoctor.probe import framework
from layerdoctor.probe.gradient_stage import GradientStage
from layerdoctor.probe.holders import Held
from layerdoctor.probe.inventory import Hidden, Known, Unknown
from layerdoctor.probe.recording import same_values
from layerdoctor.probe.subject import Snapshot, Subject

ARRAYS = 16
"""How many arrays are changed to see whether the output follows."""

LARGEST = 2**28
"""Bytes of the largest array that is changed."""


def derived_from(
    tape: tf.GradientTape, held: Iterable[Held], variables: Sequence[Known | Unknown]
) -> dict[str, tuple[str, ...]]:
    """Return, for each held float tensor, the variables it was computed from under the tape."""
    sources = [item for item in variables if item.variable.dtype.is_floating]
    found: dict[str, tuple[str, ...]] = {}
    for item in held:
        tensor = item.thing
        if not isinstance(tensor, tf.Tensor) or not hasattr(tensor, "_id") or not sources:
            continue
        if not tensor.dtype.is_floating or item.framework_owned:
            continue
        gradients = tape.gradient(tensor, [source.variable for source in sources])
        names = tuple(
            source.fact.attribute
            for source, gradient in zip(sources, gradients, strict=True)
            if gradient is not None
        )
        if names:
            found[item.attribute] = names
    return found


def used_constants(
    stage: GradientStage, hidden: Sequence[Hidden], variables: Sequence[Any]
) -> list[Constant]:
    """Return the constants with what the passes tell of their use and their gradient.

    A tensor is recognised by its identity. TensorFlow copies an array, whole or in part: it is used
    where the output follows when it is changed. ``variables`` are ``tf.Variable`` objects.
    """
    taken = stage.read()
    outside = [
        tensor
        for seen in stage.passes
        for tensor in seen.flow.recording.outside.values()
        if hasattr(tensor, "numpy") and tensor.dtype not in (tf.resource, tf.variant)
    ]
    influence = Influence(stage.subject, variables)
    facts = []
    for item in hidden:
        if isinstance(item.thing, tf.Tensor):
            used: bool | None = item.thing._id in taken
            facts.append(replace(item.fact, used=used, gradient=stage.gradient_at(item.thing)))
            continue
        whole = any(same_values(tensor, item.thing) for tensor in outside)
        used = influence.of(item.thing)
        facts.append(replace(item.fact, used=whole if used is None else used, copied=whole))
    return facts


class Influence:
    """Tells by changing an array in place whether the output of the layer depends on it."""

    def __init__(self, subject: Subject, variables: Sequence[Any]) -> None:
        self._subject = subject
        self._start = Snapshot.of(variables)
        self._asked = 0
        self._before: list[Any] | None = None

    def of(self, array: Any) -> bool | None:
        """Return whether the output depends on the array; None where that cannot be told."""
        if not array.size or array.nbytes > LARGEST or self._asked >= ARRAYS:
            return None
        if self._asked == 0 and self._equal(first := self._outputs(), self._outputs()):
            self._before = first
        self._asked += 1
        if self._before is None:
            return None
        with suppress(ValueError), _changed(array):
            try:
                return not self._equal(self._before, self._outputs())
            except Exception:
                return True
        return None

    def _outputs(self) -> list[Any]:
        """Return what the layer gives, in training as well where it tells the two apart."""
        found: list[Any] = []
        for training in (False, True) if self._subject.has_training else (None,):
            self._subject.seed()
            try:
                returned = self._subject.run(training=training)
                losses = framework.losses_of(self._subject.layer)
                leaves = [*framework.flatten(returned), *losses]
                found += [np.asarray(leaf) for leaf in leaves if hasattr(leaf, "numpy")]
            finally:
                self._start.restore()
        return found

    @staticmethod
    def _equal(first: Sequence[Any], second: Sequence[Any]) -> bool:
        return len(first) == len(second) and all(
            one.shape == other.shape
            and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
            for one, other in zip(first, second, strict=True)
        )


@contextmanager
def _changed(array: Any) -> Iterator[None]:
    """Change the numbers of an array for a while; raises ``ValueError`` where it refuses."""
    before, writeable = array.copy(), array.flags.writeable
    array.setflags(write=True)
    try:
        array[...] = _other(before)
        yield
    finally:
        array[...] = before
        array.setflags(write=writeable)


def _other(array: Any) -> Any:
    """Return other numbers: integers in another order, so that an index stays within its range."""
    if array.dtype.kind == "b":
        return ~array
    if array.dtype.kind in "fc":
        return array + np.linspace(0.5, 1.5, array.size).reshape(array.shape).astype(array.dtype)
    turned = np.roll(array.ravel(), 1).reshape(array.shape)
    return turned if not np.array_equal(turned, array) else array + array.dtype.type(1)


def compare(
    facts: Sequence[Constant], hidden: Sequence[Hidden], second: Sequence[Held]
) -> list[Constant]:
    """Return the constants with whether another construction gives the same values."""
    return [
        replace(fact, stable=same)
        for fact, same in zip(facts, equal_in(hidden, second), strict=True)
    ]


def equal_in(hidden: Sequence[Hidden], second: Sequence[Held]) -> list[bool | None]:
    """Return of each constant whether another walk found the same values under its name.

    None where it found nothing, or not as many things of that name.
    """
    again: dict[str, list[Any]] = {}
    for held in second:
        if isinstance(held.thing, (tf.Tensor, np.ndarray)):
            again.setdefault(held.attribute, []).append(held.thing)
    counts: dict[str, int] = {}
    for item in hidden:
        counts[item.fact.name] = counts.get(item.fact.name, 0) + 1
    found = []
    for item in hidden:
        others = again.get(item.fact.name, [])
        known = len(others) == counts[item.fact.name] or len(set(map(id, others))) == 1
        found.append(_equal(item.thing, others[0]) if others and known else None)
        if len(others) > 1:
            again[item.fact.name] = others[1:]
            counts[item.fact.name] -= 1
    return found


def _equal(first: Any, second: Any) -> bool | None:
    with suppress(Exception):
        one, other = np.asarray(first), np.asarray(second)
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))
    return None
