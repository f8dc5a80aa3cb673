"""Tables of what was seen of one layer, set for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from layerdoctor.facts import LayerFacts
from layerdoctor.report.tables import FIRM, Column, Table, TableCell, tables
from layerdoctor.report.typesetting import GAP, LEAST, Typesetter

MEANINGS = {
    "flows": "green",
    "zero": "yellow",
    "none": "red",
    "nonfinite": "red",
    "not-applicable": "dim",
    "not-run": "dim",
    "passed": "green",
    "failed": "red",
    "random": "yellow",
    "skipped": "yellow",
    "many": "bold",
    "norm": "cyan",
    "dim": "dim",
}
"""The colours of what a cell means."""


def seen(typesetter: Typesetter, facts: LayerFacts) -> Iterator[RenderableType]:
    """Yield a table for each kind of thing that the layer has."""
    for whole in tables(facts, folded=not typesetter.style.verbose):
        table = _narrowed(whole, typesetter.style.width)
        if not table.rows:
            continue  # which the verdict has said
        title = Text.assemble((table.title, "bold"), typesetter.text(f"  {table.rest}", "dim"))
        if not any(column.title for column in table.columns):
            yield Group(title, typesetter.indented(_grid(typesetter, table)), "")
        else:
            rows = [[_cell(typesetter, cell) for cell in row] for row in table.rows]
            remarks = [typesetter.text(remark) for remark in table.remarks]
            yield typesetter.table(title, table.columns, rows, remarks)


def _narrowed(table: Table, width: int) -> Table:
    """Say once what a column says in every row, and do without others, where it is too wide."""
    columns, rows, alike, left_out = list(table.columns), [list(row) for row in table.rows], [], []

    def without(number: int) -> str:
        for row in rows:
            del row[number]
        return columns.pop(number).title

    for number in range(len(columns) - 1, 0, -1):
        same = len({row[number].words for row in rows}) == 1 and columns[number].firmness == FIRM
        if len(rows) > 1 and same and _width(columns, rows) > width:
            words = rows[0][number].words
            alike.append(f"{without(number)} {words}")
    while _width(columns, rows, least=LEAST) > width and any(each.spare for each in columns):
        left_out.append(without(columns.index(max(columns, key=lambda each: each.spare))))
    said = [f"all: {', '.join(reversed(alike))}"] if alike else []
    if any(left_out):
        said.append(f"no room for: {', '.join(filter(None, left_out))}")
    rest = "; ".join([table.rest, *said])
    return replace(table, rest=rest, columns=tuple(columns), rows=tuple(map(tuple, rows)))


def _width(columns: list[Column], rows: list[list[TableCell]], least: int | None = None) -> int:
    """Return how wide a table is that does not fold, or only down to the least width."""
    widths = [
        max(len(column.title), *(len(row[number].words) for row in rows))
        for number, column in enumerate(columns)
    ]
    folded = [
        width if least is None or column.firmness == FIRM else min(width, least)
        for column, width in zip(columns, widths, strict=True)
    ]
    return sum(folded) + GAP * len(folded) + GAP


def _grid(typesetter: Typesetter, table: Table) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=max(len(row[0].words) for row in table.rows))
    grid.add_column(overflow="fold")
    for row in table.rows:
        grid.add_row(*(_cell(typesetter, cell) for cell in row))
    return grid


def _cell(typesetter: Typesetter, cell: TableCell) -> Text:
    words = cell.words
    if cell.meaning == "norm" and not typesetter.style.unicode:
        words = "=" * len(words)
    text = typesetter.text(words, MEANINGS.get(cell.meaning, ""))
    if cell.count > 1:
        text.append(f" {typesetter.signs.times}{cell.count}", "bold")
    return text
