"""A notebook as a module: what one of its definitions rests on is run, and nothing else."""

from __future__ import annotations

import ast
import importlib.util
import linecache
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType

from layerdoctor.notebooks.needed import Statement, essential, needed, statements
from layerdoctor.notebooks.reading import Cell, cell_of, read_cells

LONGEST = 50
"""How many characters are shown of what was left out."""


@dataclass(frozen=True, slots=True)
class RunStatement:
    """One statement that is run."""

    code: CodeType
    first_line: str
    number: int
    """That of its cell."""
    is_essential: bool
    """Whether there is no having what is wanted without it."""

    def words(self, error: BaseException) -> str:
        """Return that it is left out, and why."""
        return f"`{self.first_line}` in cell {self.number}, which raises {type(error).__name__}"


@dataclass(frozen=True, slots=True)
class NotebookPlan:
    """What is run of a notebook to have one definition, and what is left out."""

    file: Path
    steps: tuple[RunStatement, ...]
    left_out: tuple[str, ...]
    """Each cell's part in words."""
    failed: list[str] = field(default_factory=list)
    """What was left out since it raised an exception, in words."""

    def words(self) -> str:
        """Return what was left out, in words; empty where nothing was."""
        left_out = (*self.left_out, *self.failed)
        return f"left out: {' · '.join(left_out)}" if left_out else ""

    def run(self) -> ModuleType:
        """Return a module in which the steps have been run; raises what an essential one raises."""
        module = ModuleType(_module_name(self.file))
        module.__file__ = str(self.file)
        sys.modules[module.__name__] = module
        for step in self.steps:
            try:
                exec(step.code, vars(module))
            except (Exception, SystemExit) as error:
                if step.is_essential:
                    raise
                self.failed.append(step.words(error))
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
    texts = {cell.name: cell.text.split("\n") for cell in cells}
    has_to_succeed = {id(each) for each in essential(found, wanted)}
    steps = tuple(
        RunStatement(
            compile(ast.Module([each.node], type_ignores=[]), each.cell, "exec", dont_inherit=True),
            _shortened(texts[each.cell][each.node.lineno - 1].strip()),
            _number(each.cell),
            id(each) in has_to_succeed,
        )
        for each in chosen
    )
    kept = {id(each) for each in chosen}
    others = [each for each in found if id(each) not in kept]
    unread = {cell.name for cell in cells} - {cell.name for cell, _ in parsed}
    left_out = (_left_out(cell, others, unread=cell.name in unread) for cell in cells)
    return NotebookPlan(file, steps, tuple(filter(None, left_out)))


def _tree(cell: Cell, wanted: str) -> ast.Module | None:
    try:
        return ast.parse(cell.code, cell.name)
    except SyntaxError:
        if re.search(rf"^\s*(class|def)\s+{re.escape(wanted)}\b", cell.code, re.M):
            raise
        return None


def _left_out(cell: Cell, others: Sequence[Statement], *, unread: bool) -> str:
    """Return what is left out of a cell, in words."""
    number = _number(cell.name)
    if unread:
        return f"cell {number}, which is no Python"
    told = [*_lines(cell, others)]
    if not told:
        return ""
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return f"`{_shortened(told[0])}`{more} in cell {number}"


def _number(cell: str) -> int:
    return (cell_of(cell) or ("", 0))[1]


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


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
