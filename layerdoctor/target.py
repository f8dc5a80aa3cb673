"""What to examine and how to call it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Value = Any
"""A JSON value: null, bool, int, float, str, list or table. Three tables stand for what has no
literal: ``{"array": [2, 3], "dtype": ..., "low": ..., "high": ...}`` is a random array,
``{"npy": "file.npy"}`` an array from a file, ``{"object": "module:attr", "args": ...}`` an imported
object, called when ``args`` is there. They may stand at any depth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the layer: drawn values of a shape, or the array of a ``.npy`` file."""

    name: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str = "float32"
    low: float | None = None
    high: float | None = None
    """The largest value that is drawn; for integers it is included."""
    npy: str | None = None
    inferred: bool = False
    """Whether the shape was guessed rather than given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One layer to examine: where it is, how to construct it and how to call it."""

    id: str
    target: str
    """``package.module:Class``, ``path/to/file.py:Class``, ``module:instance`` or ``module:factory``."""
    args: dict[str, Value] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    inputs_as: str = "auto"
    """``auto``, ``positional``, ``list`` or ``dict``."""
    call: dict[str, Value] = field(default_factory=dict)
    app_dirs: tuple[str, ...] = (".",)
    calls: int = 3
    timeout: float = 60.0
    """Seconds, counted from the target's own start."""
    seed: int = 0
    device: str = "cpu"
    memory_limit: int | None = None
    """Bytes."""
