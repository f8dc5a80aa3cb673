"""The signs, colours and columns that the report for people is set in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style as RichStyle
from rich.table import Table
from rich.text import Text

from layerdoctor.notebooks.pieces import whole
from layerdoctor.report import Style
from layerdoctor.report.escaping import visible
from layerdoctor.rule import Severity

if TYPE_CHECKING:
    from layerdoctor.report.tables import Column

COLORS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}

_BLANKS = re.compile(r" +((?:\x1b\[[\d;]*m)*)$", re.MULTILINE)

GAP = 2
"""Between columns."""
LEAST_COLUMNS = 4
"""A table of no more columns than this may fold as it will."""
LEAST = 14
"""How narrow a column may become before the next kind of column folds."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of the report, plain where there is no Unicode."""

    arrow: str
    cut: str
    times: str
    dot: str
    rule: str
    good: str
    bad: str
    severities: dict[Severity, str]
    """What a line begins with that sums findings up, by the gravest of them."""
    states: dict[str, str]
    """What stands in the margin of a line, by the state of the gradient that comes back to it."""


UNICODE = Signs(
    arrow="→",
    cut="✂",
    times="×",  # noqa: RUF001
    dot="·",
    rule="─",
    good="✓",
    bad="✗",
    severities={Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"},
    states={"flows": "┃", "zero": "0", "lost": "┇", "cut": "✂", "nonfinite": "∞"},
)
ASCII = Signs(
    arrow="->",
    cut="(cut)",
    times="x",
    dot="-",
    rule="-",
    good="ok:",
    bad="x",
    severities={Severity.ERROR: "x", Severity.WARNING: "!", Severity.NOTE: "-"},
    states={"flows": "|", "zero": "0", "lost": ":", "cut": "x", "nonfinite": "!"},
)


class Typesetter:
    """Sets user text, paragraphs and tables in one style."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.signs = UNICODE if style.unicode else ASCII

    def text(self, words: str, style: str = "") -> Text:
        """Return the words as they are, never read as markup; only line ends have an effect."""
        return Text(visible(words, unicode=self.style.unicode, keep="\n"), style, overflow="fold")

    def prose(self, words: str, style: str = "") -> Text:
        """Return the words with what stands between backticks set off."""
        text = self.text(words, style)
        text.highlight_regex(r"`[^`\n]+`", "bold")
        return text

    def place(self, file: str, words: str, style: str = "") -> Text:
        """Return the name of a place in a file, to be clicked where the terminal can."""
        text = self.text(words, style)
        if self.style.links and self.style.color:
            text.stylize(RichStyle(link=Path(whole(file)).absolute().as_uri()))
        return text

    def indented(self, body: RenderableType, columns: int = 2) -> Padding:
        """Return the body with that much room at its left."""
        return Padding(body, (0, 0, 0, columns), expand=False)

    def labelled(self, label: str, body: Text, style: str = "dim") -> Table:
        """Return a body whose further lines stand under its first one, right of the label."""
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(overflow="fold", width=cell_len(label))
        grid.add_column(overflow="fold")
        grid.add_row(Text(label, style), body)
        return grid

    def table(
        self,
        title: Text,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Text]],
        remarks: Sequence[Text] = (),
    ) -> Group:
        """Return a titled table, remarks below it; long cells fold and none is cropped."""
        cells = [list(row) for row in rows]
        widths = [
            max(cell_len(line) for line in (column.title, *_lines(cells, number)))
            for number, column in enumerate(columns)
        ]
        fixed = self._fixed(columns, widths)
        if None in fixed and fixed == [None] * len(columns) and len(columns) > LEAST_COLUMNS:
            bodies: tuple[RenderableType, ...] = (*self._listed(columns, cells), *remarks)
            return Group(title, *map(self.indented, bodies), "")
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
        for column, width in zip(columns, fixed, strict=True):
            table.add_column(column.title, overflow="fold", width=width)
        for row in cells:
            table.add_row(*row)
        bodies = (table, *remarks)
        return Group(title, *map(self.indented, bodies), "")

    def _listed(
        self, columns: Sequence[Column], cells: Sequence[Sequence[Text]]
    ) -> Iterator[RenderableType]:
        """Yield each row as a paragraph, where there is no room for columns."""
        for first, *others in cells:
            line = Text(" ").join(first.split("\n"))
            line.stylize("bold")
            for column, cell in zip(columns[1:], others, strict=True):
                line.append(f"  {column.title} ", "dim")
                line.append_text(cell)
            yield line

    def _fixed(self, columns: Sequence[Column], widths: Sequence[int]) -> list[int | None]:
        """Return the widths of the columns that need not fold, and None for the others."""
        for firmness in (0, 1, 2):
            least = [
                width if column.firmness >= firmness else min(width, LEAST)
                for column, width in zip(columns, widths, strict=True)
            ]
            if sum(least) + GAP * len(columns) <= self.style.width:
                return [
                    width if column.firmness >= firmness else None
                    for column, width in zip(columns, widths, strict=True)
                ]
        return [None] * len(columns)

    def rendered(self, parts: Iterable[RenderableType]) -> str:
        """Return the parts as lines of the style's width at most, without blanks at their ends."""
        console = self._console()
        with console.capture() as capture:
            _print(console, parts)
        return _BLANKS.sub(r"\1", capture.get())

    def _console(self) -> Console:
        return Console(
            file=io.StringIO(),
            width=self.style.width,
            force_terminal=self.style.color,
            color_system="standard" if self.style.color else None,
            no_color=not self.style.color,
            force_jupyter=False,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )


def _print(console: Console, parts: Iterable[RenderableType]) -> None:
    for part in parts:
        console.print(part)


def _lines(cells: Sequence[Sequence[Text]], column: int) -> Iterator[str]:
    for row in cells:
        yield from row[column].plain.split("\n")
