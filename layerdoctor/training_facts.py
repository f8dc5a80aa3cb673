"""What the first epoch of a training left behind, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TRACES = 3
"""How often Keras traces a step whose shapes change: TensorFlow then traces it for any shape."""
MOST_NAMES = 10
"""How many names are told of one kind before the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochFacts:
    """How the variables of a model and its training step are after the first epoch."""

    steps: int
    trained: int
    """How many weights are trainable."""
    unmoved: tuple[str, ...]
    """The trainable weights that have the values that they began with."""
    nonfinite: tuple[str, ...]
    """The variables that hold NaN or infinity."""
    new_variables: tuple[str, ...]
    """The variables that the model has tracked since the first step."""
    traces: int | None
    """How often the training step was traced; None where that is not known."""

    def remarks(self) -> list[tuple[str, str]]:
        """Return what is the matter: a few words each, and what they are about."""
        found = [("not finite", name) for name in few(self.nonfinite)]
        if self.trained and len(self.unmoved) == self.trained:
            found.append(("never moved", f"none of the {self.trained} trainable weights has"))
        else:
            found += [("never moved", name) for name in few(self.unmoved)]
        found += [("made by a step", name) for name in few(self.new_variables)]
        if self.traces is not None and self.traces > MOST_TRACES:
            found.append(
                ("traced", f"the training step, {self.traces} times in {self.steps} steps")
            )
        return found


def few(names: Sequence[str]) -> list[str]:
    """Return the first of the names, and how many more there are."""
    left = len(names) - MOST_NAMES
    return [*names[:MOST_NAMES], *([f"{left} more"] if left > 0 else [])]
