"""Whether a gradient of zero is a state that training leaves, or for ever."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from layerdoctor.probe.gradient.passes import PART, Pass, Run, Variable, status_of
from layerdoctor.probe.hooks.creation import handle_id
from layerdoctor.probe.layer.subject import Snapshot, Subject

ROUNDS = ((1.0,), (1.0, 3.0), (10.0, 10.0, 10.0, 10.0))
"""How far the other variables are moved, one draw of the inputs each: a choice between experts may
need a push before it falls otherwise. What came to life in a round is moved in the next."""

FURTHER = 12
"""How often the first round is repeated while it goes on to bring variables to life."""

EVERYWHERE = (1.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0)
"""How far all variables are moved, to tell a start without a slope from what never has one: often
enough that a single ReLU unit is not negative each time."""

LIGHT = 256 * 2**20
"""The bytes of variables up to which one backward pass serves several runs."""

LONGER = 3
"""How long an axis of size 1 is made."""

GAP = 3
"""How many values of a float input there are for each one that is left out."""


class Revival:
    """Moves other variables, many at once, and looks whether the gradient comes to life.

    Variables whose gradients are zero may hold each other at zero, as nested gates do. So rounds
    follow the training: what has a gradient moves, and what is multiplied by it comes to life in
    its turn. The number of passes does not grow with the number of variables.
    """

    def __init__(
        self,
        differentiate: Callable[..., Pass],
        subject: Subject,
        suspects: Sequence[Variable],
        start: Snapshot,
        *,
        fills_gaps: bool,
        guessed: bool,
    ) -> None:
        """``fills_gaps`` says whether the forward pass looks for NaN, which marks a gap.

        Inputs that were ``guessed`` may lack an axis that the layer is usually given.
        """
        self._fills_gaps = fills_gaps
        self._guessed = guessed
        self._differentiate = differentiate
        self._subject = subject
        self._suspects = list(suspects)
        self._start = start
        self._draws = itertools.count(2)
        self._lengthen: Callable[[Any], Any] = lambda array: array

    def still_zero(self) -> tuple[list[Variable], bool]:
        """Return the suspects whose gradient stays zero, and whether that is settled.

        It is not where the last round brought some to life, and so perhaps more behind them.
        """
        left = before = self._with_gaps(self._with_longer_axes(self._suspects))
        for shakes in ROUNDS:
            before, left = left, self._zero_where_moved(left, left, shakes)
        for _ in range(FURTHER):
            if not left or len(left) == len(before):
                break
            before, left = left, self._zero_where_moved(left, left, ROUNDS[0])
        return left, len(left) == len(before)

    def dead(self, left: list[Variable]) -> set[int]:
        """Return the identities of those whose gradient is zero at other start values as well."""
        return {item.id for item in self._zero_where_moved(left, (), EVERYWHERE)}

    def _zero_where_moved(
        self, suspects: list[Variable], unmoved: Sequence[Variable], shakes: Sequence[float]
    ) -> list[Variable]:
        """Return the suspects whose gradient is zero on fresh inputs with the others moved."""
        if not suspects:
            return []
        still = {item.id for item in unmoved}
        everything = [variable for variable, _ in self._start.values]
        runs = [
            Run(
                list(map(self._lengthen, self._subject.redrawn(seed))),
                partial(perturbed, everything, self._start, seed=seed, shake=shake, still=still),
            )
            for shake, seed in zip(shakes, self._draws, strict=False)
        ]
        for together in [runs] if self._is_light() else [[run] for run in runs]:
            suspects = _zero_in(self._differentiate(runs=together, record=False), suspects)
        return suspects

    def _is_light(self) -> bool:
        """Whether memory has room for the variables of several runs, which a tape keeps."""
        sizes = (value.shape.num_elements() * value.dtype.size for _, value in self._start.values)
        return int(sum(sizes)) <= LIGHT

    def _with_longer_axes(self, suspects: list[Variable]) -> list[Variable]:
        """Try again with axes of size 1 made longer: a softmax over one element has no slope.

        Of guessed features a sequence is made. Where the layer takes them so, they stay so.
        """
        for lengthen in (_longer, _sequence) if self._guessed else (_longer,):
            longer = [lengthen(array) for array in self._subject.arrays]
            shapes = zip(longer, self._subject.arrays, strict=True)
            if all(new.shape == old.shape for new, old in shapes):
                continue
            try:
                seen = self._differentiate(runs=[Run(longer)], record=False)
            except Exception:
                continue
            self._lengthen = lengthen
            return _zero_in(seen, suspects)
        return suspects

    def _with_gaps(self, suspects: list[Variable]) -> list[Variable]:
        """Try again with inputs of which some values are missing, where the layer asks for such."""
        if not suspects or not self._fills_gaps:
            return suspects
        arrays = [_with_gaps(self._lengthen(array)) for array in self._subject.arrays]
        try:
            seen = self._differentiate(runs=[Run(arrays)], record=False)
        except Exception:
            return suspects
        return [one for one in suspects if status_of(seen.gradients.get(one.id))[0] != "flows"]


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
        size = min(variable.shape.num_elements(), PART)
        noise = generator.uniform(0.5, 1.5, size) * generator.choice((-1, 1), size)
        if handle_id(variable) not in still:
            variable.assign(_moved(variable.numpy(), shake * noise))
    try:
        yield
    finally:
        start.restore()


def _moved(value: Any, noise: Any) -> Any:
    """Return the value with noise added, which begins anew where it is at its end."""
    moved = np.array(value).reshape(-1)
    for start in range(0, moved.size, PART):
        part = moved[start : start + PART].astype(np.float64)
        part += (0.1 + 0.3 * np.abs(part)) * noise[: part.size]
        moved[start : start + PART] = part.astype(moved.dtype)
    return moved.reshape(np.shape(value))


def _zero_in(seen: Pass, suspects: Sequence[Variable]) -> list[Variable]:
    return [item for item in suspects if status_of(seen.gradients.get(item.id))[0] == "zero"]


def _longer(array: Any) -> Any:
    """Return the array with every axis of size 1 after the first repeated, and a little changed."""
    times = [1, *(LONGER if size == 1 else 1 for size in array.shape[1:])]
    if array.ndim == 0 or max(times) == 1:
        return array
    return _varied(np.tile(array, times))


def _sequence(array: Any) -> Any:
    """Return a sequence of features, each a little changed, in place of the features."""
    return _varied(np.repeat(array[:, None], LONGER, axis=1)) if array.ndim == 2 else array


def _varied(array: Any) -> Any:
    if array.dtype.kind != "f":
        return array
    noise = np.random.default_rng(0).standard_normal(array.shape)
    return (array + 0.5 * noise).astype(array.dtype)


def _with_gaps(array: Any) -> Any:
    """Return the array with NaN in place of some values, in each row another one."""
    if array.dtype.kind != "f":
        return array
    rows = np.array(array).reshape(len(array), -1) if array.ndim else np.array(array).reshape(1, 1)
    for number, row in enumerate(rows):
        row[number % GAP :: GAP] = np.nan
    return rows.reshape(array.shape)
