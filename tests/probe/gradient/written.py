"""Recordings written by hand, one operation a line, as the author of a layer would compute.

``best: int = ArgMax(scaled)`` is an operation that made the tensor ``best``, which is no float.
``self.w`` is the handle of a variable, and any other name that no line makes is an input. The
operation of the first line was called on line 1 of ``layer.py``, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from layerdoctor.facts import Gradient
from layerdoctor.probe.gradient.causes import explain
from layerdoctor.probe.gradient.dataflow import Flow
from layerdoctor.probe.gradient.passes import Pass
from layerdoctor.probe.hooks.backward import Backward
from layerdoctor.probe.hooks.conversions import Conversion
from layerdoctor.probe.hooks.recording import Operation, Recording
from layerdoctor.user_code import Author

FOLDER = "/application"
LINE = re.compile(r"(?:(?P<made>[\w, ]+?)(?P<int>: int)? = )?(?P<type>\w+)\((?P<taken>[\w., ]*)\)")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a stack."""

    filename: str
    lineno: int
    name: str = "call"


def call_at(line: int) -> Frame:
    """Return the author's frame on a line of ``layer.py``."""
    return Frame(f"{FOLDER}/layer.py", line)


class Written:
    """A recording, and the numbers of its tensors by their names."""

    def __init__(self, text: str) -> None:
        self.recording = Recording()
        self._numbers: dict[str, int] = {}
        for line, written in enumerate(text.strip().splitlines(), 1):
            match = LINE.fullmatch(written.strip())
            assert match, written
            taken = tuple(map(self._outside, _names(match["taken"])))
            made = tuple(map(self.number, _names(match["made"])))
            if not match["int"]:
                self.recording.floats.update(made)
            self.recording.operations.append(
                Operation(match["type"], taken, made, frames=[call_at(line)], stopped=False)
            )
        self.flow = Flow(self.recording)

    def number(self, name: str) -> int:
        """Return the number of a tensor."""
        return self._numbers.setdefault(name, len(self._numbers) + 1)

    def numbers(self, names: str) -> list[int]:
        """Return the numbers of several."""
        return [self.number(name) for name in _names(names)]

    def names(self, numbers: Iterable[int]) -> set[str]:
        """Return the names of tensors."""
        wanted = set(numbers)
        return {name for name, number in self._numbers.items() if number in wanted}

    def operation(self, kind: str) -> Operation:
        """Return the one operation of a type."""
        (found,) = [item for item in self.recording.operations if item.type == kind]
        return found

    def cuts(self, start: str, ends: str, *, reached_back: str) -> list[tuple[str, bool]]:
        """Return the cuts, where the gradient at the ends reached back to these tensors."""
        good = set(self.numbers(reached_back))
        reached = self.flow.reached_from([self.number(start)])
        found = self.flow.cuts(reached, good.__contains__, self.numbers(ends))
        return [(cut.operation.type, cut.selector) for cut in found]

    def leaves(self, name: str, line: int) -> None:
        """Have Python read the value of a tensor on a line."""
        self.recording.conversions.append(Conversion(self.number(name), [call_at(line)]))

    def explained(
        self, start: str, end: str, *, reached_back: str = "", in_graph: bool = False
    ) -> Gradient:
        """Say why the gradient at ``end`` went no further than these tensors."""
        found = Pass(
            flow=self.flow,
            backward=Backward(looking=False),
            inputs=[],
            outputs=[SimpleNamespace(_id=self.number(end))],
            positions=[0],
            gradients={},
            intermediates=_gradients(self.numbers(reached_back)),
            training=None,
            in_graph=in_graph,
        )
        return explain(found, self.number(start), Author([FOLDER]))

    def _outside(self, name: str) -> int:
        known = name in self._numbers
        number = self.number(name)
        if not known and not name.startswith("self."):
            self.recording.floats.add(number)
        return number


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _gradients(numbers: Collection[int]) -> dict[int, Any]:
    return dict.fromkeys(numbers, 1.0)
