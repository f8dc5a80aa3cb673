"""What the process that saves a layer hands to the one that loads it, beside the archives."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerdoctor.facts import Breach, Constant, Location, ModelKind, SavedFormat
from layerdoctor.target import Target

FILE = "record"


@dataclass(frozen=True, slots=True)
class Kept:
    """One variable or attribute of the saved layer."""

    path: str
    """Where it is held, by which the loaded one is found."""
    name: str
    """What it is called."""
    value: Any
    """An array; of an attribute also a number, a text or a tuple of these, and of a table its keys
    and values."""
    location: Location | None
    """The line to blame where it does not come back."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One file, and what the layer in it was and returned when it was saved."""

    file: str
    model: ModelKind | None
    """None for a file of weights alone."""
    format: SavedFormat | None
    expected: list[Any]
    """The outputs without training, as arrays."""
    weights: list[Kept]
    variables: list[Kept]
    """Those that are no weights."""
    attributes: list[Kept]


@dataclass(frozen=True, slots=True)
class Observations:
    """What an examination has come to know, which the other process needs as well."""

    target: Target
    """As it was settled: what was guessed is in it."""
    constants: list[Constant] = field(default_factory=list)
    """The facts of the hidden constants."""
    arrays: list[Any] = field(default_factory=list)
    """Their values; None in the place of one that is not to be compared."""

    @property
    def compares(self) -> bool:
        """Whether there is a constant to compare."""
        return any(array is not None for array in self.arrays)


@dataclass(frozen=True, slots=True)
class Record:
    """All that the other process has to know."""

    observations: Observations
    archives: list[Archive] = field(default_factory=list)
    objects: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The module and the qualified name of each class and function that loading may need."""
    keras: str = "keras"
    """The package of the Keras that the layer belongs to."""
    random: bool = False
    """Whether the layer draws, and so may differ from itself."""
    refused: str | None = None
    """Why no model with the layer could be saved, only its weights; None where one was."""
    unsaved: Breach | None = None
    """The first of the older formats in which it cannot be saved, where it can be in another."""

    def write(self, folder: Path) -> None:
        """Write it beside the archives; both processes are this package's own."""
        folder.joinpath(FILE).write_bytes(pickle.dumps(self))


def read_record(folder: Path) -> Record:
    """Return what was written."""
    found: Record = pickle.loads(folder.joinpath(FILE).read_bytes())
    return found
