"""What a remedy is given, and what a remedy is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from layerdoctor.facts import LayerFacts, Sameness
from layerdoctor.remedies.editing.names import Names
from layerdoctor.remedies.editing.places import Places
from layerdoctor.rule import Finding


@dataclass(frozen=True)
class Case:
    """A finding, the facts of the layer it was found in, and the module that is to be changed.

    All lines in the finding and the facts that are of this module's file are those of the module as
    it is here, other remedies included. The location of the finding lies in this file.
    """

    finding: Finding
    facts: LayerFacts
    module: cst.Module
    file: str
    """The name by which the facts call the module's file."""
    earlier: tuple[cst.Module, ...] = ()
    """Where the module is the cell of a notebook, those before it."""

    @property
    def line(self) -> int:
        """The line that the finding points at; 0 where it points at none."""
        return self.finding.location.line if self.finding.location else 0

    @cached_property
    def places(self) -> Places:
        """Where statements, functions and classes of the module stand."""
        return Places(self.module)

    @cached_property
    def names(self) -> Names:
        """What the author calls TensorFlow and Keras."""
        return Names(self.module, self.facts.framework, self.earlier)

    @cached_property
    def layer_class(self) -> cst.ClassDef | None:
        """The class of the layer; None where it stands in another file."""
        if self.facts.file != self.file or self.facts.line is None:
            return None
        return self.places.class_at(self.facts.line)

    @cached_property
    def enclosing_class(self) -> cst.ClassDef | None:
        """The class that the finding's line lies in, else that of the layer."""
        return self.places.class_around(self.line) or self.layer_class


Candidates = Callable[[Case], Iterator[cst.Module | None]]
"""Yields changed modules, the best first; None stands for one that does not apply."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One mechanism by which findings are cured."""

    codes: tuple[str, ...]
    candidates: Candidates
    outputs: Sameness = "equal"
    """What of the outputs must stay: all, what was finite, what they are with the weights that the
    layer starts with, or, as what it computed was wrong, nothing."""
    asked: bool = False
    """Whether only a ``--select`` that names the rule asks for it."""
    leaves_note: bool = False
    """Whether it says that what was found is meant, of which a note may stay."""
