"""Which statements of a notebook one definition rests on: what is run to have it, and nothing else.

Imports, functions and classes are always run, and left out if they fail where what is wanted reads
none of their names. An assignment is run where what is wanted reads its
name, at once or when it is called, and so is what changes such a thing. In a cell that imports or
defines something, statements that only use what was imported are run too, such as
``sys.path.append("..")``: they prepare what follows.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_RUN_AT_ONCE = ("listcomp", "setcomp", "dictcomp", "genexpr")
_BUILT_IN = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement at the top of a cell."""

    cell: str
    node: ast.stmt
    binds: frozenset[str]
    """The names that it gives a value."""
    reads: frozenset[str]
    """Those that it reads when it is run."""
    later: frozenset[str]
    """Those that the functions in it read when they are called."""
    changes: frozenset[str]
    """Those whose things it changes, as ``table.append(3)`` and ``table[0] = 3`` do."""
    defines: bool
    """Whether it imports something, or defines a function or a class."""


def statements(cells: Sequence[tuple[str, ast.Module]]) -> list[Statement]:
    """Return the statements of cells, each given with its name, in their order."""
    return [_statement(name, node) for name, tree in cells for node in tree.body]


def needed(found: Sequence[Statement], wanted: str) -> list[Statement]:
    """Return what is to be run, in its order, to have what a name stands for."""
    chosen = {position for position, each in enumerate(found) if each.defines}
    chosen |= _reached(found, [(wanted, len(found)), *_readings(found, chosen)])
    chosen |= set(_preparing(found))
    return [each for position, each in enumerate(found) if position in chosen]


def essential(found: Sequence[Statement], wanted: str) -> list[Statement]:
    """Return the part of it that has to succeed: it gives a value to a name that is read.

    Of ``from module import *`` nobody knows which names it gives a value.
    """
    chosen = _reached(found, [(wanted, len(found))])
    chosen |= {position for position, each in enumerate(found) if _imports_all(each.node)}
    return [each for position, each in enumerate(found) if position in chosen]


def _imports_all(node: ast.AST) -> bool:
    imports = (each for each in _own_nodes(node) if isinstance(each, ast.ImportFrom))
    return any(name.name == "*" for each in imports for name in each.names)


def _reached(found: Sequence[Statement], reading: Iterable[tuple[str, int]]) -> set[int]:
    """Return the statements that give their values to names, each read at a position."""
    last = len(found)
    waiting = [*reading]
    chosen: set[int] = set()
    seen: set[tuple[str, int]] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for position in _sources(found, *one):
            chosen.add(position)
            each = found[position]
            waiting += [(name, position) for name in each.reads]
            waiting += [(name, last) for name in each.later if one[0] in each.binds]
    return chosen


def _readings(found: Sequence[Statement], chosen: set[int]) -> Iterator[tuple[str, int]]:
    for position in chosen:
        yield from ((name, position) for name in found[position].reads)


def _sources(found: Sequence[Statement], name: str, before: int) -> list[int]:
    """Return which statements give a name its value, or change it, before one that reads it.

    Where none stands before it, the reader was run again behind one that stands after it.
    """
    giving = [at for at, each in enumerate(found) if name in each.binds]
    earlier = [at for at in giving if at < before]
    if not giving:
        return []
    changing = [at for at, each in enumerate(found) if name in each.changes and at < before]
    kept = [at for at in changing if not all(found[each].defines for each in giving)]
    return [*(earlier or giving), *kept]


def _preparing(found: Sequence[Statement]) -> Iterator[int]:
    """Yield the statements that use nothing but imports, in cells that define something."""
    cells = {each.cell for each in found if each.defines}
    imports = [each for each in found if isinstance(each.node, _DEFINITIONS[:2])]
    known = _BUILT_IN | {name for each in imports for name in each.binds}
    for position, each in enumerate(found):
        if each.cell in cells and not each.binds and each.reads | each.later <= known:
            yield position


def _statement(cell: str, node: ast.stmt) -> Statement:
    try:
        compile(ast.Module([node], type_ignores=[]), cell, "exec", dont_inherit=True)
    except SyntaxError:  # an `await` that only IPython runs
        nothing: frozenset[str] = frozenset()
        return Statement(cell, node, nothing, frozenset({"await"}), nothing, nothing, False)
    table = symtable.symtable(ast.unparse(node), cell, "exec")
    symbols = table.get_symbols()
    binds = {each.get_name() for each in symbols if each.is_assigned() or each.is_imported()}
    reads = {each.get_name() for each in symbols if each.is_referenced()}
    later: set[str] = set()
    for inner, at_once in _scopes(table, at_once=True):
        (reads if at_once else later).update(
            each.get_name() for each in inner.get_symbols() if each.is_global()
        )
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        reads.add(node.target.id)
    if not isinstance(node, _SIMPLE):
        reads -= binds
    return Statement(
        cell=cell,
        node=node,
        binds=frozenset(binds),
        reads=frozenset(reads),
        later=frozenset(later - binds),
        changes=frozenset(_changed(node)),
        defines=any(isinstance(each, _DEFINITIONS) for each in _own_nodes(node)),
    )


def _scopes(
    table: symtable.SymbolTable, *, at_once: bool
) -> Iterator[tuple[symtable.SymbolTable, bool]]:
    """Yield the scopes inside, and whether they are run with the statement."""
    for inner in table.get_children():
        runs = at_once and (inner.get_type() == "class" or inner.get_name() in _RUN_AT_ONCE)
        yield inner, runs
        yield from _scopes(inner, at_once=runs)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statement and the statements in its blocks, not those of functions in it."""
    yield node
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, (ast.stmt, ast.ExceptHandler)) and not isinstance(node, _DEFINITIONS):
            yield from _own_nodes(inner)


def _changed(node: ast.stmt) -> Iterator[str]:
    places: list[ast.expr] = []
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        places = [node.value.func]
    elif isinstance(node, ast.Assign):
        places = node.targets
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        places = [node.target]
    for place in places:
        owner = place
        while isinstance(owner, (ast.Attribute, ast.Subscript)):
            owner = owner.value
        if isinstance(owner, ast.Name) and owner is not place:
            yield owner.id
