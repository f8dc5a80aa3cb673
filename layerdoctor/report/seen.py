"""Tables of what was seen of one layer, set for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from layerdoctor.facts import LayerFacts
from layerdoctor.report.tables import Cell, Table, tables
from layerdoctor.report.typesetting import Typesetter

MEANINGS = {
    "flows": "green",
    "zero": "yellow",
    "none": "red",
    "nonfinite": "red",
    "not-applicable": "dim",
    "not-run": "dim",
    "passed": "green",
    "failed": "red",
    "skipped": "yellow",
    "many": "bold",
    "dim": "dim",
}
"""The colours of what a cell means."""


def seen(typesetter: Typesetter, facts: LayerFacts) -> Iterator[RenderableType]:
    """Yield a table for each kind of thing that the layer has."""
    for table in tables(facts, folded=not typesetter.style.verbose):
        title = Text.assemble((table.title, "bold"), typesetter.text(f"  {table.rest}", "dim"))
        if not table.rows:
            yield Group(title, "")
        elif not any(column.title for column in table.columns):
            yield Group(title, typesetter.indented(_grid(typesetter, table)), "")
        else:
            rows = [[_cell(typesetter, cell) for cell in row] for row in table.rows]
            remarks = [typesetter.text(remark) for remark in table.remarks]
            yield typesetter.table(title, table.columns, rows, remarks)


def _grid(typesetter: Typesetter, table: Table) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=max(len(row[0].words) for row in table.rows))
    grid.add_column(overflow="fold")
    for row in table.rows:
        grid.add_row(*(_cell(typesetter, cell) for cell in row))
    return grid


def _cell(typesetter: Typesetter, cell: Cell) -> Text:
    text = typesetter.text(cell.words, MEANINGS.get(cell.meaning, ""))
    if cell.count > 1:
        text.append(f" {typesetter.signs.times}{cell.count}", "bold")
    return text
