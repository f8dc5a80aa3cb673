"""Cells of notebooks as source that can be changed, and put back into the file of the notebook."""

from __future__ import annotations

import json
import re
from typing import Any

from layerdoctor.notebooks.reading import Cell

_MAGIC = "pass  # IPython: "
_MAGIC_LINE = re.compile(rf"^([ \t]*){re.escape(_MAGIC)}", re.MULTILINE)
_INDENTS = (1, 2, 4, None)
"""How far the JSON of notebooks is indented: as Jupyter writes it, and as others do."""


def as_python(cell: Cell) -> str:
    """Return the text of a cell, line for line, with its magics in comments behind ``pass``."""
    lines = cell.text.split("\n")
    for number, magic in cell.left_out:
        line = lines[number - 1]
        lines[number - 1] = line[: len(line) - len(line.lstrip())] + _MAGIC + magic
    return "\n".join(lines)


def with_magics(python: str) -> str:
    """Return what a cell holds whose text was made Python of."""
    return _MAGIC_LINE.sub(r"\1", python)


def with_cell(notebook: bytes, number: int, text: str) -> bytes:
    """Return a notebook with another text in one cell; its JSON is laid out as it was.

    Raises ``ValueError`` where nothing but that cell can be kept as it was.
    """
    whole = json.loads(notebook)
    for indent in _INDENTS:
        for ascii_only in (False, True):
            for end in ("\n", ""):
                if _written(whole, indent, ascii_only, end) == notebook:
                    whole["cells"][number - 1]["source"] = _as_it_was(whole, number, text)
                    return _written(whole, indent, ascii_only, end)
    raise ValueError("its JSON is laid out in a way of its own")


def _as_it_was(notebook: Any, number: int, text: str) -> str | list[str]:
    """Return a source as one string or as lines, whichever the cell has."""
    is_one = isinstance(notebook["cells"][number - 1]["source"], str)
    return text if is_one else text.splitlines(keepends=True)


def _written(notebook: Any, indent: int | None, ascii_only: bool, end: str) -> bytes:
    text = json.dumps(notebook, indent=indent, ensure_ascii=ascii_only)
    return (text + end).encode("utf-8", "surrogatepass")
