"""Which constants are computed from variables, in whatever way: by changing the variables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from layerdoctor.probe.contents.constants import equal_in
from layerdoctor.probe.contents.inventory import ConstantAt, Tracked, Untracked
from layerdoctor.probe.contents.object_walk import Held
from layerdoctor.probe.hooks.creation import Creations

TRIES = 24
"""How many constructions are made at most."""


class Derivation:
    """Constructs the layer again with the same draws and with other starts of its variables.

    A constant that differs then was computed from them, by an operation without a gradient or by
    NumPy just as well. Which variables it is follows from halving them again and again.
    """

    def __init__(
        self,
        rebuild: Callable[[], list[Held]],
        creations: Creations,
        hidden: Sequence[ConstantAt],
        variables: Sequence[Tracked | Untracked],
    ) -> None:
        self._rebuild = rebuild
        self._creations = creations
        self._hidden = hidden
        self._sources = {
            made.number: item.fact.attribute
            for item in variables
            if item.variable.dtype.is_floating
            and (made := creations.of(item.variable))
            and made.phase != "import"
        }
        self._tries = 0
        self._found: dict[str, tuple[str, ...]] = {}

    def find(self) -> dict[str, tuple[str, ...]]:
        """Return, by the name of a constant, the variables it is computed from."""
        if self._sources and (suspects := self._follow(self._sources)):
            suspects -= self._follow(())
            self._narrow(sorted(self._sources), suspects)
        return self._found

    def _follow(self, numbers: Collection[int]) -> set[str]:
        """Return the constants that differ when these variables start elsewhere."""
        self._tries += 1
        with self._creations.disturbing(numbers):
            second = self._rebuild()
        same = equal_in(self._hidden, second)
        pairs = zip(self._hidden, same, strict=True)
        return {item.fact.name for item, equal in pairs if equal is False}

    def _narrow(self, numbers: Sequence[int], suspects: set[str]) -> None:
        """Tell which of the variables the suspects, which follow some of them, follow."""
        if not suspects:
            return
        if len(numbers) == 1 or self._tries >= TRIES:
            for name in suspects:
                names = (self._sources[number] for number in numbers)
                self._found[name] = (*self._found.get(name, ()), *names)
            return
        middle = len(numbers) // 2
        for half in (numbers[:middle], numbers[middle:]):
            self._narrow(half, suspects & self._follow(half))
