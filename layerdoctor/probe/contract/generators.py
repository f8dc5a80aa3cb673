"""The random generators of Python and NumPy that a layer can draw from."""

from __future__ import annotations

import random
from typing import Any

import numpy as np


class Generators:
    """Their states since the start: the global ones, and NumPy's own kind on the layer."""

    def __init__(self, layer: Any) -> None:
        self._own = {
            f"self.{name}": held
            for name, held in vars(layer).items()
            if isinstance(held, np.random.Generator)
        }
        self._start = self.states()

    def states(self) -> dict[str, Any]:
        """Return the state of each generator, by its name."""
        own = {path: repr(held.bit_generator.state) for path, held in self._own.items()}
        _, key, *rest = np.random.get_state(legacy=True)
        legacy = (np.asarray(key).tobytes(), *rest)
        return {"np.random": legacy, "random": random.getstate(), **own}

    def advanced(self) -> str | None:
        """Return the name of a generator that has drawn since the start."""
        now = self.states()
        return next((name for name in now if now[name] != self._start[name]), None)
