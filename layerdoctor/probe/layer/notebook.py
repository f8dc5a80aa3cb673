"""A notebook as a module: what one of its definitions rests on is run, and nothing else."""

from __future__ import annotations

import ast
import importlib.util
import linecache
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

from layerdoctor.notebooks.needed import Statement, needed, statements
from layerdoctor.notebooks.reading import Cell, cell_of, read_cells

LONGEST = 50
"""How many characters are shown of what was left out."""


@dataclass(frozen=True, slots=True)
class NotebookPlan:
    """What is run of a notebook to have one definition, and what is left out."""

    file: Path
    codes: tuple[CodeType, ...]
    """One for each cell that something is run of."""
    left_out: tuple[str, ...]
    """Each cell's part in words."""

    def words(self) -> str:
        """Return what was left out, in words; empty where nothing was."""
        return f"left out: {' · '.join(self.left_out)}" if self.left_out else ""

    def run(self) -> ModuleType:
        """Return a module in which the cells have been run; raises whatever they raise."""
        module = ModuleType(_module_name(self.file))
        module.__file__ = str(self.file)
        sys.modules[module.__name__] = module
        for code in self.codes:
            exec(code, vars(module))
        return module


def plan(file: Path, wanted: str) -> NotebookPlan:
    """Return what is to be run; raises ``NoNotebook``, and ``SyntaxError`` for a cell that counts.

    A cell that cannot be parsed counts where it may define what is wanted.
    """
    cells = read_cells(str(file))
    parsed = [(cell, tree) for cell in cells if (tree := _tree(cell, wanted)) is not None]
    for cell in cells:
        lines = cell.code.splitlines(keepends=True)
        linecache.cache[cell.name] = (len(cell.code), None, lines, cell.name)
    found = statements([(cell.name, tree) for cell, tree in parsed])
    chosen = needed(found, wanted)
    codes = tuple(
        compile(ast.Module(body, type_ignores=[]), cell.name, "exec", dont_inherit=True)
        for cell, _ in parsed
        if (body := [each.node for each in chosen if each.cell == cell.name])
    )
    kept = {id(each) for each in chosen}
    others = [each for each in found if id(each) not in kept]
    unread = {cell.name for cell in cells} - {cell.name for cell, _ in parsed}
    left_out = (_left_out(cell, others, unread=cell.name in unread) for cell in cells)
    return NotebookPlan(file, codes, tuple(filter(None, left_out)))


def _tree(cell: Cell, wanted: str) -> ast.Module | None:
    try:
        return ast.parse(cell.code, cell.name)
    except SyntaxError:
        if re.search(rf"^\s*(class|def)\s+{re.escape(wanted)}\b", cell.code, re.M):
            raise
        return None


def _left_out(cell: Cell, others: Sequence[Statement], *, unread: bool) -> str:
    """Return what is left out of a cell, in words."""
    number = (cell_of(cell.name) or ("", 0))[1]
    if unread:
        return f"cell {number}, which is no Python"
    told = [*_lines(cell, others)]
    if not told:
        return ""
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    words = told[0] if len(told[0]) <= LONGEST else f"{told[0][:LONGEST]}…"
    return f"`{words}`{more} in cell {number}"


def _lines(cell: Cell, others: Sequence[Statement]) -> Iterator[str]:
    """Yield the first line of each thing left out: magics, which are none of the statements."""
    magics = dict(cell.left_out)
    yield from magics.values()
    for each in others:
        line = each.node.lineno
        if each.cell == cell.name and line not in magics:
            yield cell.text.split("\n")[line - 1].strip()


def _module_name(file: Path) -> str:
    """Return the notebook's name as a module's, where no other module has it."""
    name = re.sub(r"\W", "_", file.stem)
    taken = name in sys.modules or importlib.util.find_spec(name) is not None
    return f"{name}_notebook" if taken else name
