"""Notebooks as files: their cells of Python, without what only IPython understands."""

from __future__ import annotations

import ast
import os
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ENDING = ".ipynb"
_NAME = re.compile(r"(?P<file>.+\.ipynb):cell (?P<number>\d+)")
_PYTHON_BELOW = ("capture", "layerdoctor", "prun", "python", "python3", "time", "timeit")
"""The magics under which the rest of a cell is Python of the notebook."""
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.]+\?{1,2}\s*$|[\w, ]+=\s*[!%])")


class NoNotebook(ValueError):
    """A file is no notebook of Python; the message says why."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of code."""

    name: str
    """What stands for its file: ``path/to/notebook.ipynb:cell 3``, all cells counted from 1."""
    text: str
    """As its author wrote it."""
    code: str
    """Its Python: line for line the text, with ``pass`` in place of what only IPython knows."""
    left_out: tuple[tuple[int, str], ...] = ()
    """The lines of magics, with their numbers from 1."""


def without_magics_above(text: str) -> str:
    """Return a cell below the magics at its top under which the rest is Python, line for line."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.strip() and not _has_python_below(line):
            break
        lines[number] = ""
    return "\n".join(lines)


def _has_python_below(magic: str) -> bool:
    return magic.startswith("%%") and magic[2:].partition(" ")[0].strip() in _PYTHON_BELOW


def cell_name(file: str, number: int) -> str:
    """Return what stands for the file of a cell."""
    return f"{file}:cell {number}"


def cell_of(name: str) -> tuple[str, int] | None:
    """Return the notebook and the number of a cell by its name; None for any other name."""
    found = _NAME.fullmatch(name)
    return (found["file"], int(found["number"])) if found else None


def read_cells(file: str) -> tuple[Cell, ...]:
    """Return the cells of code in their order; raises ``NoNotebook``."""
    try:
        status = os.stat(file)
        return _read(file, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise NoNotebook(f"{error.strerror}") from None


@lru_cache(maxsize=16)
def _read(file: str, _modified: int, _size: int) -> tuple[Cell, ...]:
    # to decode needs msgspec, and most of what is read is no notebook
    from layerdoctor.notebooks.file_format import sources

    try:
        texts = sources(Path(file).read_bytes())
    except ValueError as error:
        raise NoNotebook(str(error)) from None
    return tuple(_cell(cell_name(file, number), text) for number, text in texts)


def _cell(name: str, text: str) -> Cell:
    """Return a cell; magics are looked for only where the text is no Python as it is."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not _has_python_below(first):
        return Cell(name, text, "", ((lines.index(first) + 1, first),))
    if _is_python(text):
        return Cell(name, text, text)
    magics = [(n, line.strip()) for n, line in enumerate(lines, start=1) if _MAGIC.match(line)]
    for number, _ in magics:
        line = lines[number - 1]
        lines[number - 1] = line[: len(line) - len(line.lstrip())] + "pass"
    return Cell(name, text, "\n".join(lines), tuple(magics))


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
