"""Whether a gradient of zero is a state that training leaves, or for ever."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from layerdoctor.probe.creation import handle_id
from layerdoctor.probe.gradients import Pass, Variable, status_of
from layerdoctor.probe.subject import Snapshot, Subject

SHAKES = (1.0, 1.0, 3.0, 10.0, 10.0, 10.0, 10.0)
"""How far the other variables are moved, one draw of the inputs each: a choice between experts may
need a push before it falls otherwise."""

ALONE = 24
"""How many variables are looked at one by one, at the most."""

LONGER = 3
"""How long an axis of size 1 is made."""


class Revival:
    """Perturbs the other variables, all at once, and looks whether the gradient comes to life.

    Variables whose gradients are zero may hold each other at zero, so they are perturbed in groups:
    the number of passes does not grow with the number of variables.
    """

    def __init__(
        self,
        differentiate: Callable[..., Pass],
        subject: Subject,
        suspects: Sequence[Variable],
        start: Snapshot,
    ) -> None:
        self._differentiate = differentiate
        self._subject = subject
        self._suspects = list(suspects)
        self._start = start

    def stuck(self) -> dict[int, bool]:
        """Return the suspects whose gradient stays zero, and whether another start revives them."""
        left = self._suspects
        for draw, shake in enumerate(SHAKES, start=2):
            left = self._still_zero(left, self._suspects, draw=draw, shake=shake)
            if draw == 2:
                left = self._with_longer_axes(left)
        if not left:
            return {}
        dead = self._still_zero(left, (), draw=2)
        held = [item for item in left if item not in dead]
        for group in _by_start(held):
            held = self._without_revived(held, group)
        for item in held[:ALONE]:
            held = self._without_revived(held, [item])
        return {item.id: False for item in dead} | {item.id: True for item in held}

    def _without_revived(self, held: list[Variable], group: list[Variable]) -> list[Variable]:
        """Return those held, without the members of a group that come to life at their start."""
        zero = self._still_zero(group, group, draw=2)
        return [item for item in held if item not in group or item in zero]

    def _still_zero(
        self,
        suspects: list[Variable],
        unmoved: Sequence[Variable],
        *,
        draw: int,
        shake: float = 1.0,
    ) -> list[Variable]:
        """Return the suspects whose gradient is zero on fresh inputs with the others moved."""
        if not suspects:
            return []
        still = {item.id for item in unmoved}
        everything = [variable for variable, _ in self._start.values]
        with perturbed(everything, self._start, seed=draw, shake=shake, still=still):
            seen = self._differentiate(arrays=self._subject.redrawn(draw))
        return _zero_in(seen, suspects)

    def _with_longer_axes(self, suspects: list[Variable]) -> list[Variable]:
        """Try again with axes of size 1 made longer: a softmax over one element has no slope."""
        longer = [_longer(array) for array in self._subject.arrays]
        shapes = zip(longer, self._subject.arrays, strict=True)
        if not suspects or all(new.shape == old.shape for new, old in shapes):
            return suspects
        try:
            seen = self._differentiate(arrays=longer)
        except Exception:
            return suspects
        return _zero_in(seen, suspects)


def _by_start(held: Sequence[Variable]) -> list[list[Variable]]:
    """Return those that start at nothing but zeros, and the others: gates, and what they hold."""
    zero = [item for item in held if not np.any(item.variable.numpy())]
    groups = [zero, [item for item in held if item not in zero]]
    return [group for group in groups if len(group) > 1]


@contextmanager
def perturbed(
    variables: Sequence[Any],
    start: Snapshot,
    *,
    seed: int = 0,
    shake: float = 1.0,
    still: Collection[int] = (),
) -> Iterator[None]:
    """Move float variables by noise of their own size, at least a tenth; then restore all.

    ``still`` holds the handles of variables that are left as they are; the others move in the same
    way whichever these are.
    """
    generator = np.random.default_rng(seed)
    for variable in variables:
        if not variable.dtype.is_floating:
            continue
        value = variable.numpy()
        size = shake * (0.1 + 0.3 * np.abs(value.astype(np.float64)))
        noise = generator.uniform(0.5, 1.5, value.shape) * generator.choice((-1, 1), value.shape)
        if handle_id(variable) not in still:
            variable.assign((value + size * noise).astype(value.dtype))
    try:
        yield
    finally:
        start.restore()


def _zero_in(seen: Pass, suspects: Sequence[Variable]) -> list[Variable]:
    return [item for item in suspects if status_of(seen.gradients.get(item.id))[0] == "zero"]


def _longer(array: Any) -> Any:
    """Return the array with every axis of size 1 after the first repeated, and a little changed."""
    times = [1, *(LONGER if size == 1 else 1 for size in array.shape[1:])]
    if array.ndim == 0 or max(times) == 1:
        return array
    longer = np.tile(array, times)
    if longer.dtype.kind != "f":
        return longer
    noise = np.random.default_rng(0).standard_normal(longer.shape)
    return (longer + 0.5 * noise).astype(array.dtype)
