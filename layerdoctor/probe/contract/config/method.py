"""Which line of a method makes what it returns, found by reading it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from layerdoctor.facts import Location


class Method:
    """A method as its author has written it; where its source is not at hand, its first line."""

    def __init__(self, kind: type, name: str, place: Location) -> None:
        self.place = place
        """The line of ``def``."""
        self._first, self._body = _read(kind, name)

    def returning(self) -> Location:
        """Return the line of the one ``return``, or the line of ``def`` where it has several."""
        returns = [item for item in self._statements() if isinstance(item, ast.Return)]
        return self._at(returns[0]) if len(returns) == 1 else self.place

    def collecting(self) -> Location:
        """Return the last line that puts entries into a dictionary, else what ``returning`` is."""
        collects = [item for item in self._statements() if any(_entries(item))]
        return self._at(collects[-1]) if collects else self.returning()

    def entry(self, name: str) -> Location | None:
        """Return the last line that puts something under this name into a dictionary."""
        items = (item for statement in self._statements() for item in _entries(statement))
        found = [where for key, where in items if key == name]
        return self._at(found[-1]) if found else None

    def naming(self, name: str) -> Location | None:
        """Return the last line that puts or takes something under this name."""
        for statement in reversed(list(self._statements())):
            for node in ast.walk(statement):
                if isinstance(node, ast.Constant) and node.value == name:
                    return self._at(node)
        return self.entry(name)

    def calling(self, function: str) -> Location:
        """Return the first line that calls a function of this name, or the line of ``def``."""
        for statement in self._statements():
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and _called(node) == function:
                    return self._at(node)
        return self.place

    def _statements(self) -> Iterator[ast.stmt]:
        """Yield the simple statements of the method itself, in their order."""
        todo = list(self._body)
        while todo:
            statement = todo.pop(0)
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            inner = [item for item in ast.iter_child_nodes(statement) if isinstance(item, _BLOCKS)]
            if inner:
                todo = [*_statements_in(inner), *todo]
            else:
                yield statement

    def _at(self, node: ast.AST) -> Location:
        line: int = getattr(node, "lineno", 1)
        return replace(self.place, line=self._first + line - 1)


_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def _statements_in(blocks: list[Any]) -> Iterator[ast.stmt]:
    for block in blocks:
        if isinstance(block, ast.stmt):
            yield block
        else:
            yield from block.body


def _entries(statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """Yield the keys that a statement gives to dictionaries, and where."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, key
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                yield node.slice.value, node
        elif isinstance(node, ast.Call) and _called(node) in ("dict", "update"):
            yield from ((item.arg, item.value) for item in node.keywords if item.arg)


def _called(call: ast.Call) -> str | None:
    return getattr(call.func, "attr", None) or getattr(call.func, "id", None)


def _read(kind: type, name: str) -> tuple[int, list[ast.stmt]]:
    """Return the number of the first line of a method and its statements; none without source."""
    found = inspect.getattr_static(kind, name)
    function: Any = inspect.unwrap(getattr(found, "__func__", found))
    try:
        lines, first = inspect.getsourcelines(function)
        (tree,) = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, SyntaxError, TypeError, ValueError):
        return 1, []
    return first, getattr(tree, "body", [])
