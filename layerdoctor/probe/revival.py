"""Whether a gradient of zero is a state that training leaves, or for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from layerdoctor.probe.creation import handle_id
from layerdoctor.probe.gradients import Pass, Variable, status_of
from layerdoctor.probe.subject import Snapshot, Subject

GROUPS = 3
"""In how many groups variables are moved that may hold each other at zero."""

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
        ids = {item.id for item in self._suspects}
        alone = [variable for variable, _ in self._start.values if handle_id(variable) not in ids]
        revived: set[int] = set()
        left = self._still_zero(self._suspects, alone, draw=2)
        left = self._with_longer_axes(left)
        if not left:
            return {}
        everything = [variable for variable, _ in self._start.values]
        dead = self._still_zero(left, everything, draw=3)
        held = [item for item in left if item not in dead]
        for number in range(GROUPS):
            mine = held[number::GROUPS]
            others = [item.variable for item in self._suspects if item not in mine]
            kept = self._still_zero(mine, [*alone, *others], draw=4 + number)
            revived.update(item.id for item in mine if item not in kept)
        held = [item for item in held if item.id not in revived]
        return {item.id: False for item in dead} | {item.id: True for item in held}

    def _still_zero(
        self, suspects: Sequence[Variable], moved: Sequence[Any], *, draw: int
    ) -> list[Variable]:
        """Return the suspects whose gradient is zero on fresh inputs with variables moved."""
        if not suspects:
            return []
        with perturbed(moved, self._start, seed=draw):
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


@contextmanager
def perturbed(variables: Sequence[Any], start: Snapshot, seed: int = 0) -> Iterator[None]:
    """Move float variables by noise of their own size, at least a tenth; then restore all."""
    generator = np.random.default_rng(seed)
    for variable in variables:
        if not variable.dtype.is_floating:
            continue
        value = variable.numpy()
        size = 0.1 + 0.3 * np.abs(value.astype(np.float64))
        noise = generator.uniform(0.5, 1.5, value.shape) * generator.choice((-1, 1), value.shape)
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
