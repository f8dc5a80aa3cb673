"""Places in the cells of notebooks, for formats that name files and lines of files."""

from __future__ import annotations

from typing import Any

from layerdoctor.notebooks.reading import cell_name, cell_of
from layerdoctor.rule import Span

CELL = {
    "description": "The cell of a notebook that the line is in, all cells counted from 1.",
    "type": "integer",
    "minimum": 1,
}


def apart(value: Any) -> Any:
    """Return JSON values in which a cell has its own key, beside the file of its notebook."""
    if isinstance(value, list):
        return [apart(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: apart(item) for key, item in value.items()}
    cell = cell_of(value["file"]) if isinstance(value.get("file"), str) else None
    return found if cell is None else {**found, "file": cell[0], "cell": cell[1]}


def joined(value: Any) -> Any:
    """Return JSON values in which a cell is part of the file, as ``apart`` was given them."""
    if isinstance(value, list):
        return [joined(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: joined(item) for key, item in value.items() if key != "cell"}
    if isinstance(value.get("cell"), int) and isinstance(value.get("file"), str):
        found["file"] = cell_name(value["file"], value["cell"])
    elif "cell" in value:
        found["cell"] = value["cell"]
    return found


def in_file(span: Span) -> tuple[Span, str]:
    """Return where a span lies in its file, and what else is to be said of the place.

    The lines of a cell are no lines of the notebook's file, of which the first stands for all.
    """
    cell = cell_of(span.file)
    if cell is None:
        return span, ""
    return Span(file=cell[0], line=1), f"cell {cell[1]}, line {span.line}: "
