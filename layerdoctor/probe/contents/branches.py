"""What the source of a forward pass reads under a condition only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layerdoctor.facts import Location
from layerdoctor.probe.contents.assignments import Assignments

FORWARD = ("call", "__call__")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that depends on what the forward pass is given."""

    location: Location
    names: frozenset[str]
    """The parameters and local names that it looks at."""


@dataclass(frozen=True, slots=True)
class _Test:
    file: str
    line: int
    names: frozenset[str]
    is_given: bool
    """Whether it depends on more than the layer itself: on a parameter or a local name."""


class Branches:
    """Looks up under which conditions the forward pass reads what a layer holds."""

    def __init__(self, assignments: Assignments, held: Mapping[str, Any]) -> None:
        self._assignments = assignments
        self._held = held
        """What the layer holds, by its path; the layer itself as ``self``."""

    def around(self, path: str) -> Condition | None:
        """Return the condition under which alone ``self.block.dense.kernel`` or a part is read.

        None where the source reads it without one, under one that the constructor has decided, or
        not at all.
        """
        for end in (match.start() for match in re.finditer(r"\.(?=\w)", path)):
            holder = self._held.get(path[:end])
            name = re.match(r"\w+", path[end + 1 :])
            if holder is None or name is None:
                continue
            tests = list(_tests_around(self._methods(type(holder)), name[0]))
            if tests and None not in tests:
                return self._told([test for test in tests if test])
        return None

    def _told(self, tests: list[_Test]) -> Condition | None:
        if not all(test.is_given for test in tests):
            return None
        location = self._assignments.line(tests[0].file, tests[0].line)
        return Condition(location, tests[0].names) if location else None

    def _methods(self, kind: type) -> dict[str, tuple[str, ast.FunctionDef]]:
        """Return the author's methods of a class by name, each with its file."""
        found: dict[str, tuple[str, ast.FunctionDef]] = {}
        for base in kind.__mro__:
            file, body = self._assignments.body(base)
            for node in body.body if file and body else ():
                if isinstance(node, ast.FunctionDef) and file:
                    found.setdefault(node.name, (file, node))
        return found


def _tests_around(
    methods: Mapping[str, tuple[str, ast.FunctionDef]], name: str
) -> Iterator[_Test | None]:
    """Yield the test around every read of ``self.<name>``, in ``call`` and the methods it uses."""
    entered: set[tuple[str, bool]] = set()

    def enter(method: str, test: _Test | None) -> Iterator[_Test | None]:
        if method not in methods or (method, test is None) in entered:
            return
        entered.add((method, test is None))
        file, function = methods[method]
        walk = _Walk(file, function, name)
        walk.block(function.body, test)
        yield from walk.reads
        for used, under in walk.used:
            yield from enter(used, under)

    for method in FORWARD:
        yield from enter(method, None)


class _Walk:
    """One method: the reads of an attribute and the uses of methods, with the innermost test."""

    def __init__(self, file: str, function: ast.FunctionDef, name: str) -> None:
        self._file = file
        self._name = name
        arguments = function.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self._own = ({item.arg for item in given} | _stored(function)) - {"self"}
        self.reads: list[_Test | None] = []
        self.used: list[tuple[str, _Test | None]] = []

    def block(self, statements: list[ast.stmt], test: _Test | None) -> None:
        """Go through statements; what stands behind a return under a condition is under it too."""
        for statement in statements:
            self._visit(statement, test)
            if isinstance(statement, ast.If) and _returns(statement):
                test = self._test(statement.test, statement, test)

    def _visit(self, node: ast.AST, test: _Test | None) -> None:
        if isinstance(node, (ast.If, ast.While, ast.IfExp)):
            self._visit(node.test, test)
            under = self._test(node.test, node, test)
            for part in (node.body, node.orelse):
                self._branch(part, under)
        elif isinstance(node, ast.Match):
            self._visit(node.subject, test)
            for case in node.cases:
                self.block(case.body, self._test(node.subject, node, test))
        elif isinstance(node, (ast.Lambda, ast.FunctionDef)):
            self._branch(node.body, _Test(self._file, node.lineno, frozenset(), is_given=True))
        elif isinstance(node, (ast.For, ast.With)):
            self._leaves(node, test)
            self.block(node.body, test)
        else:
            self._read(node, test)
            for child in ast.iter_child_nodes(node):
                self._visit(child, test)

    def _leaves(self, node: ast.For | ast.With, test: _Test | None) -> None:
        for child in ast.iter_child_nodes(node):
            if child not in node.body:
                self._visit(child, test)

    def _branch(self, part: ast.AST | list[ast.stmt], test: _Test) -> None:
        if isinstance(part, list):
            self.block(part, test)
        else:
            self._visit(part, test)

    def _read(self, node: ast.AST, test: _Test | None) -> None:
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return
        if node.value.id == "self" and isinstance(node.ctx, ast.Load):
            if node.attr == self._name:
                self.reads.append(test)
            self.used.append((node.attr, test))

    def _test(self, expression: ast.expr, node: ast.expr | ast.stmt, around: _Test | None) -> _Test:
        looked_at = {item.id for item in ast.walk(expression) if isinstance(item, ast.Name)}
        names = frozenset(looked_at & self._own) | (around.names if around else frozenset())
        is_given = bool(names) or (around is not None and around.is_given)
        return _Test(self._file, node.lineno, names, is_given=is_given)


def _stored(function: ast.FunctionDef) -> set[str]:
    nodes = (item for item in ast.walk(function) if isinstance(item, ast.Name))
    return {item.id for item in nodes if isinstance(item.ctx, ast.Store)}


def _returns(statement: ast.If) -> bool:
    ends = [part[-1] for part in (statement.body, statement.orelse) if part]
    return any(isinstance(end, (ast.Return, ast.Continue, ast.Break)) for end in ends)
