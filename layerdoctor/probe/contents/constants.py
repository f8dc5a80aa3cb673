"""What a constant is to the layer: used, derived from weights, the same at every construction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Between, Constant
from layerdoctor.probe.contents.inventory import ConstantAt, Tracked, Untracked
from layerdoctor.probe.contents.object_walk import Held
from layerdoctor.probe.gradient.stage import GradientStage
from layerdoctor.probe.hooks.recording import same_values
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Snapshot, Subject

ARRAYS = 16
"""How many arrays are changed to see whether the output follows."""

FEW = 1000
"""How many numbers of an array tell whether it is like no other."""

BOTH = 2
"""How many values a mask has."""

LARGEST = 2**28
"""Bytes of the largest array that is changed."""

COMPARED = 2**26
"""The bytes up to which a constant is compared with that of another process."""

NOISE = 1e-5
"""How far numbers of two processes may lie apart, relative to their size and absolutely."""

Equal = Callable[[Any, Any], bool | None]


def derived_from(
    tape: tf.GradientTape, held: Iterable[Held], variables: Sequence[Tracked | Untracked]
) -> dict[str, tuple[str, ...]]:
    """Return, for each held float tensor, the variables it was computed from under the tape."""
    sources = [item for item in variables if item.variable.dtype.is_floating]
    tensors = [
        item
        for item in held
        if isinstance(item.thing, tf.Tensor)
        and hasattr(item.thing, "_numpy")  # what a trace has left on the layer has no value
        and item.thing.dtype.is_floating
        and not item.framework_owned
    ]
    return _derived(tape, tensors, sources) if tensors and sources else {}


def _derived(
    tape: tf.GradientTape, tensors: Sequence[Held], sources: Sequence[Tracked | Untracked]
) -> dict[str, tuple[str, ...]]:
    """Ask for the gradients of all tensors at once, and of each half where there are some."""
    wanted = [source.variable for source in sources]
    gradients = tape.gradient([item.thing for item in tensors], wanted)
    pairs = zip(sources, gradients, strict=True)
    names = tuple(source.fact.attribute for source, gradient in pairs if gradient is not None)
    if not names:
        return {}
    if len(tensors) == 1:
        return {tensors[0].attribute: names}
    middle = len(tensors) // 2
    halves = (tensors[:middle], tensors[middle:])
    return {name: found for half in halves for name, found in _derived(tape, half, sources).items()}


def used_constants(
    stage: GradientStage, hidden: Sequence[ConstantAt], variables: Sequence[Any]
) -> list[Constant]:
    """Return the constants with what the passes tell of their use and their gradient.

    A tensor is recognised by its identity. TensorFlow copies an array, whole or in part: it is used
    where its copy, which hardly anything but its numbers can give away, reaches an output, or the
    output follows when it is changed. ``variables`` are ``tf.Variable`` objects.
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
            facts.append(_used_tensor(stage, item, item.thing._id in taken))
            continue
        copies = {tensor._id for tensor in outside if same_values(tensor, item.thing)}
        whole = bool(copies)
        certain = whole and _is_unmistakable(item.thing) and _reaches(stage, copies)
        used: bool | None = True if certain else influence.of(item.thing)
        facts.append(replace(item.fact, used=whole if used is None else used, copied=whole))
    return facts


def _used_tensor(stage: GradientStage, item: ConstantAt, used: bool) -> Constant:
    """Return a tensor with its gradient; where nothing says where it is made, where it is read."""
    where = item.fact.location or (stage.read_at(item.thing) if used else None)
    gradient = stage.gradient_at(item.thing)
    return replace(item.fact, used=used, location=where, gradient=gradient)


def _reaches(stage: GradientStage, tensors: Collection[int]) -> bool:
    """Whether an output was computed from one of the tensors in some pass."""
    return any(not seen.flow.reached_from(tensors).isdisjoint(seen.ends) for seen in stage.passes)


def _is_unmistakable(array: Any) -> bool:
    """Whether nothing else is likely to hold these numbers: fractions of more than two values."""
    few = array.ravel()[:FEW]
    return array.dtype.kind == "f" and np.unique(few).size > BOTH and bool(np.any(few % 1))


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


def _equal(first: Any, second: Any) -> bool | None:
    with suppress(Exception):
        one, other = np.asarray(first), np.asarray(second)
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))
    return None


def _nearly_equal(first: Any, second: Any) -> bool | None:
    one, other = np.asarray(first), np.asarray(second)
    if _equal(one, other) is not False or one.dtype.kind not in "fc":
        return _equal(one, other)
    return one.shape == other.shape and bool(np.allclose(one, other, NOISE, NOISE, equal_nan=True))


def compare(
    facts: Sequence[Constant], hidden: Sequence[ConstantAt], second: Sequence[Held]
) -> list[Constant]:
    """Return the constants with whether another construction gives the same values."""
    return [
        replace(fact, stable=same, differs_between="constructions" if same is False else None)
        for fact, same in zip(facts, equal_in(hidden, second), strict=True)
    ]


def values_of(hidden: Sequence[ConstantAt], facts: Sequence[Constant]) -> list[Any]:
    """Return the arrays of the constants that another process is to be compared with.

    None stands for one that takes no part, is too large, was given, or differs in this process.
    """
    return [
        _array(item.thing) if fact.used and not fact.given and fact.stable is not False else None
        for item, fact in zip(hidden, facts, strict=True)
    ]


def _array(thing: Any) -> Any:
    with suppress(Exception):
        array = np.asarray(thing)
        return array if array.nbytes <= COMPARED else None
    return None


def compare_with(
    facts: Sequence[Constant], arrays: Sequence[Any], second: Sequence[Held]
) -> list[Constant]:
    """Return the constants of another process with whether they are the same in this one.

    What is not known here is not known to be stable. Float noise is left aside.
    """
    hidden = [ConstantAt(array, fact) for fact, array in zip(facts, arrays, strict=True)]
    found = []
    for item, same in zip(hidden, equal_in(hidden, second, _nearly_equal), strict=True):
        fact = item.fact
        if fact.stable is not False and fact.holder != "inline":
            stable = None if item.thing is None else same
            between: Between | None = "processes" if stable is False else None
            fact = replace(fact, stable=stable, differs_between=between)
        found.append(fact)
    return found


def equal_in(
    hidden: Sequence[ConstantAt], second: Sequence[Held], equal: Equal = _equal
) -> list[bool | None]:
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
        found.append(equal(item.thing, others[0]) if others and known else None)
        if len(others) > 1:
            again[item.fact.name] = others[1:]
            counts[item.fact.name] -= 1
    return found
