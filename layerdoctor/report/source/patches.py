"""The changes that findings carry, taken apart for reports that take no diff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO

from layerdoctor.rule import Fix

HUNK = re.compile(r"@@ -(?P<line>\d+)(?:,(?P<count>\d+))? \+")


@dataclass(slots=True)
class Replacement:
    """Lines of a file, and what stands in their place."""

    line: int
    """The first line; where none is taken out, the one that the new ones come before."""
    taken: int = 0
    """How many lines are taken out."""
    lines: list[str] = field(default_factory=list)
    """The new lines, with their ends."""

    @property
    def text(self) -> str:
        """What is put in."""
        return "".join(self.lines)


def replacements(fix: Fix) -> Iterator[Replacement]:
    """Yield what a change replaces, from the top of the file on; lines that stay are in none."""
    line = 0
    open_one: Replacement | None = None
    for row in [*StringIO(fix.diff, newline="")][2:]:  # a form feed ends no line
        hunk = HUNK.match(row)
        if open_one is not None and (hunk or row.startswith(" ")):
            yield open_one
            open_one = None
        if hunk:
            line = int(hunk["line"]) + (hunk["count"] == "0")
        elif row.startswith(("-", "+")):
            open_one = open_one or Replacement(line)
            if row.startswith("-"):
                open_one.taken += 1
                line += 1
            else:
                open_one.lines.append(row[1:])
        elif row.startswith(" "):
            line += 1
        elif open_one is not None and open_one.lines:  # "\\ No newline at end of file"
            open_one.lines[-1] = open_one.lines[-1].rstrip("\n")
    if open_one is not None:
        yield open_one
