"""The source with what was seen in its margin, set for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from layerdoctor.facts import LayerFacts
from layerdoctor.report.picture.flow import STATES
from layerdoctor.report.source.excerpt import MARGIN
from layerdoctor.report.source.listing import Gap, ListedLine, Listing, listings
from layerdoctor.report.typesetting import COLORS, Typesetter
from layerdoctor.rule import Finding

_COLORS = {
    "flows": "green",
    "zero": "yellow",
    "lost": "red",
    "cut": "bold red",
    "nonfinite": "magenta",
    "idle": "dim",
    "unknown": "dim",
}


def annotated(
    typesetter: Typesetter, facts: LayerFacts, findings: Sequence[Finding]
) -> Iterator[RenderableType]:
    """Yield each file that something was seen in, as far as its source is at hand."""
    shown = listings(facts, findings)
    for listing in shown:
        title = Text.assemble(("Source", "bold"), "  ")
        yield title.append_text(typesetter.place(listing.source.file, listing.source.file, "dim"))
        yield typesetter.indented(_Margined(typesetter, listing).grid())
        yield ""
    if shown:
        yield _legend(typesetter, {line.state for each in shown for line in _lines(each)})
        yield ""


def _lines(listing: Listing) -> Iterator[ListedLine]:
    for line in listing.lines:
        if isinstance(line, ListedLine):
            yield line


def _legend(typesetter: Typesetter, states: set[str]) -> Text:
    words = STATES | {"cut": "a gradient that is needed ends here"}
    signs = typesetter.signs.states
    parts = [
        Text.assemble((sign, _COLORS[state]), f" {words[state]}")
        for state, sign in signs.items()
        if state in states
    ]
    return Text("   ").join(parts)


class _Margined:
    """One file: signs, numbers, and the lines with their marks below them."""

    def __init__(self, typesetter: Typesetter, listing: Listing) -> None:
        self.typesetter = typesetter
        self.listing = listing

    def grid(self) -> Table:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=1)
        grid.add_column(justify="right")
        grid.add_column(overflow="fold")
        for line in self.listing.lines:
            if isinstance(line, Gap):
                grid.add_row("", Text("..", MARGIN), "")
            else:
                self._add(grid, line)
        return grid

    def _add(self, grid: Table, line: ListedLine) -> None:
        sign = self.typesetter.signs.states.get(line.state, "")
        code = self.typesetter.text(line.text.expandtabs(4).rstrip())
        grid.add_row(Text(sign, _COLORS.get(line.state, "")), Text(str(line.number), MARGIN), code)
        indent = " " * (len(line.text) - len(line.text.lstrip()))
        for mark in line.marks:
            words = self.typesetter.prose(mark.words, _COLORS.get(mark.state, ""))
            grid.add_row("", "", Text.assemble(indent, self.typesetter.signs.arrow, " ", words))
        for finding in line.findings:
            head = f"{finding.severity.value}[{finding.code}] {finding.rule}"
            suppressed = f", suppressed: {finding.suppressed}" if finding.suppressed else ""
            words = self.typesetter.text(f"{head}{suppressed}", COLORS[finding.severity])
            grid.add_row("", "", Text.assemble(indent, self.typesetter.signs.arrow, " ", words))
