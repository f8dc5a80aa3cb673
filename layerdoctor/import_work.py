"""Work that a module does whenever it is imported, where it should only define things."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Sequence

from layerdoctor.facts import Location
from layerdoctor.notebooks.pieces import family
from layerdoctor.user_code import Author, Frame, Nearness

LONGEST = 60
"""How many characters of a statement are shown."""

_WORK = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.While, ast.With)


def work_in(frames: Sequence[Frame], author: Author) -> Location | None:
    """Return the author's statement, at the top of a module, that calls what runs in the stack.

    None where it is a definition or an import, or calls nothing, where it makes what a function or
    a class of the module reads, and in a notebook.
    """
    for frame in reversed(frames):
        if frame.name == "<module>" and author.nearness(frame.filename) >= Nearness.APPLICATION:
            line = frame.lineno or 0
            if family(frame.filename) or _statement(frame.filename, line) is None:
                return None
            return Location(file=author.relative(frame.filename), line=line)
    return None


def remedy(place: Location, *, with_place: bool = True) -> str:
    """Return what the statement is and where it belongs."""
    at = f" at {place.file}:{place.line}" if with_place else ""
    code = _statement(place.file, place.line) or "it"
    return (
        f"`{code}`{at} runs whenever the module is imported; put what is no definition under "
        '`if __name__ == "__main__":`'
    )


def _statement(file: str, line: int) -> str | None:
    """Return the beginning of the statement that does the work; None where none does."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in tree.body:
        if isinstance(node, _WORK) and node.lineno <= line <= (node.end_lineno or 0):
            calls = any(isinstance(inner, ast.Call) for inner in ast.walk(node))
            if _names(node, ast.Store) & _read_by_definitions(tree):
                return None
            words = ast.unparse(node).splitlines()[0]
            return (words if len(words) <= LONGEST else f"{words[:LONGEST]}…") if calls else None
    return None


def _read_by_definitions(tree: ast.Module) -> set[str]:
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = [_names(node, ast.Load) for node in tree.body if isinstance(node, defined)]
    return set().union(*found)


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    inner = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return {each.id for each in inner if isinstance(each.ctx, context)}
