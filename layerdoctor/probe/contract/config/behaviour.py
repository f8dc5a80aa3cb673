"""Whether two layers of the same class do the same, once they have the same weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from layerdoctor.facts import Effect
from layerdoctor.probe.contract.comparing import arrays_of, difference, moved
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject, seed_python


@dataclass(frozen=True, slots=True)
class Apart:
    """How a layer differs from the one that it should do the same as."""

    difference: float | None = None
    """The largest difference between two outputs; None where the weights differ, or it raises."""
    error: Exception | None = None
    """What its call raised."""
    in_losses: bool = False
    """Whether the outputs are the same, and what it adds to the loss is not."""

    @property
    def effect(self) -> Effect:
        """What is to be told of it."""
        if self.error is not None:
            return "raises"
        if self.difference is None:
            return "weights"
        return "losses" if self.in_losses else "outputs"


class LayerBehaviour:
    """What a layer does from one start: made, built and called under the same seeds as others."""

    def __init__(self, like: Subject, make: Callable[[], Any], *, seeded: bool) -> None:
        """Construct the layer by ``make`` and call it once; raises what either raises.

        To be ``seeded`` as well is dear: TensorFlow forgets its kernels with each seed. It is to be
        asked for only where two layers differ without it.
        """
        self._seeded = seeded
        self._seed(like)
        self.layer = make()
        self._subject = replace(like, layer=self.layer)
        self._seed(like)
        self._subject.run(training=False)

    def _seed(self, subject: Subject) -> None:
        if self._seeded:
            subject.seed()
        else:
            seed_python(subject.target.seed)

    def apart(self, other: Callable[[], LayerBehaviour]) -> Apart | None:
        """Return how another layer differs from this one; None where it does the same."""
        try:
            second = other()
        except Exception as error:
            return Apart(error=error)
        if self._weights() != second._weights():
            return Apart()
        start = self._start()
        for training in (False, True) if self._subject.has_training else (False,):
            try:
                expected = self._run(start, training=training)
            except Exception:
                continue  # it does not do this itself
            try:
                found = second._run(start, training=training)
            except Exception as error:
                return Apart(error=error)
            far = difference(expected, found)
            if far is None or not _are_finite(expected):
                continue
            if self._repeats(expected, start, training) and second._repeats(found, start, training):
                count = len(arrays_of(self._returned))
                same = difference(expected[:count], found[:count]) is None
                return Apart(difference=far, in_losses=same)
        return None

    def _repeats(self, outputs: Sequence[Any], start: Sequence[Any], training: bool) -> bool:
        """Whether another run from the same start gives the same, as far as seeds were set.

        Some kernels of TensorFlow leave memory unwritten, for instance of dilated volumes.
        """
        if not self._seeded:
            return True
        return difference(outputs, self._run(start, training=training)) is None

    def _weights(self) -> list[tuple[Any, ...]]:
        trainable = {id(as_tf_variable(item)) for item in framework.trainable_of(self.layer)}
        known = map(as_tf_variable, framework.weights_of(self.layer))
        return [(tuple(item.shape), item.dtype, id(item) in trainable) for item in known]

    def _start(self) -> list[Any]:
        """Return values for all variables, with the trainable ones moved."""
        generator = np.random.default_rng(self._subject.target.seed)
        found = []
        for variable in self._subject.variables():
            value = variable.numpy()
            if variable.trainable and variable.dtype.is_floating:
                value = moved(value, generator)
            found.append(value)
        return found

    def _run(self, start: Sequence[Any], *, training: bool) -> list[Any]:
        """Return outputs and losses from the start, under the same seeds as every other run."""
        for variable, value in zip(self._subject.variables(), start, strict=False):
            if tuple(variable.shape) == value.shape:
                variable.assign(value)
        self._seed(self._subject)
        self._returned = self._subject.run(training=training)
        return arrays_of([self._returned, framework.losses_of(self.layer)])


def _are_finite(outputs: Sequence[Any]) -> bool:
    return all(bool(np.isfinite(each).all()) for each in outputs if each.dtype.kind in "fc")
