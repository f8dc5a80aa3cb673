"""A file of the author's as it was read, and where its lines are once it is changed."""

from __future__ import annotations

import difflib
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import libcst as cst
import msgspec

from layerdoctor.facts import LayerFacts
from layerdoctor.fix.cells import as_python, with_cell, with_magics
from layerdoctor.fix.patch import lines
from layerdoctor.notebooks.pieces import whole
from layerdoctor.notebooks.reading import Cell, cell_of, read_cells
from layerdoctor.rule import Finding
from layerdoctor.target import FILES
from layerdoctor.user_code import INSTALLED


@dataclass(frozen=True)
class Source:
    """One file of source."""

    file: str
    """As the facts name it; of a notebook's cell, what stands for its file."""
    data: bytes
    """Of a cell its text."""
    cell: Cell | None = None

    @cached_property
    def module(self) -> cst.Module:
        """Its syntax; raises ``cst.ParserSyntaxError``."""
        return cst.parse_module(as_python(self.cell) if self.cell else self.data)

    @cached_property
    def earlier(self) -> tuple[cst.Module, ...]:
        """The cells before it, as far as they can be parsed."""
        found = []
        for cell in read_cells(whole(self.file)) if self.cell else ():
            if cell.name == self.file:
                break
            with suppress(cst.ParserSyntaxError):
                found.append(cst.parse_module(as_python(cell)))
        return tuple(found)

    @property
    def path(self) -> str:
        """The absolute path of the file, or of the notebook."""
        return os.path.abspath(whole(self.file))

    def text_of(self, module: cst.Module) -> bytes:
        """Return a changed module as its author would have it here."""
        return with_magics(module.code).encode() if self.cell else module.bytes

    def contents(self, data: bytes, before: bytes | None = None) -> bytes:
        """Return what the file holds with other source; ``before`` is what it holds elsewhere.

        Raises ``OSError``, and ``ValueError`` where a notebook cannot be put together again.
        """
        if self.cell is None:
            return data
        notebook = Path(self.path).read_bytes() if before is None else before
        _, number = cell_of(self.file) or ("", 0)
        return with_cell(notebook, number, data.decode())


def read(file: str) -> Source | str:
    """Return a file, or a cell of a notebook, that can be changed, or why it cannot."""
    if any(folder in os.path.abspath(file) for folder in INSTALLED):
        return "it is installed, and not the project's own"
    path = whole(file)
    if not path.endswith(FILES):
        return "it is no file of Python"
    try:
        source = Source(file, Path(path).read_bytes()) if path == file else _cell(file)
        _ = source.module, source.contents(source.data)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError) as error:
        return f"it cannot be parsed: {type(error).__name__}"
    except ValueError as error:
        return str(error)
    return source


def _cell(file: str) -> Source:
    for cell in read_cells(whole(file)):
        if cell.name == file:
            return Source(file, cell.text.encode(), cell)
    raise ValueError("it has gone")


class MovedLines:
    """Where the lines of a module are after it was changed."""

    def __init__(self, before: cst.Module, after: cst.Module) -> None:
        one, other = lines(before.code), lines(after.code)
        self._lines: dict[int, int] = {}
        for tag, start, end, first, last in difflib.SequenceMatcher(
            None, one, other, autojunk=False
        ).get_opcodes():
            for offset in range(end - start):
                moved = first + min(offset, max(0, last - first - 1))
                if tag != "delete":
                    self._lines[start + offset + 1] = moved + 1

    def line(self, number: int) -> int:
        """Return the line's new number; 0 where the line has gone."""
        return self._lines.get(number, 0)

    def facts(self, facts: LayerFacts, file: str) -> LayerFacts:
        """Return facts in which every line of a file is the new one."""
        plain = self._moved(msgspec.to_builtins(facts), file)
        if facts.file == file and facts.line is not None:
            plain["line"] = self.line(facts.line)
        return msgspec.convert(plain, LayerFacts)

    def finding(self, finding: Finding, file: str) -> Finding:
        """Return a finding whose place, where it is in the file, is the new one."""
        plain = msgspec.to_builtins(finding)
        at = finding.location
        if at is not None and at.file == file:
            end = None if at.end_line is None else self.line(at.end_line) or None
            plain["location"] |= {"line": self.line(at.line), "end_line": end}
        return msgspec.convert(plain, Finding)

    def _moved(self, value: Any, file: str) -> Any:
        if isinstance(value, dict):
            found = {key: self._moved(item, file) for key, item in value.items()}
            if value.get("file") == file and isinstance(value.get("line"), int) and "call" in value:
                found["line"] = self.line(value["line"])
            return found
        several = isinstance(value, (list, tuple))
        return [self._moved(item, file) for item in value] if several else value
