"""Where statements, functions and classes of a module stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, ParentNodeProvider, PositionProvider

Node = TypeVar("Node", bound=cst.CSTNode)


class Places:
    """The lines and the parents of a module's nodes."""

    def __init__(self, module: cst.Module) -> None:
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self._ranges = wrapper.resolve(PositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)

    def range(self, node: cst.CSTNode) -> CodeRange:
        """Return the extent of a node; lines count from 1, columns from 0."""
        found: CodeRange = self._ranges[node]
        return found

    def nodes(self, kind: type[Node], line: int) -> list[Node]:
        """Return the nodes of a kind that cover a line, the outermost first."""
        found = [
            node
            for node, place in self._ranges.items()
            if isinstance(node, kind) and place.start.line <= line <= place.end.line
        ]
        return sorted(found, key=self._extent, reverse=True)

    def _extent(self, node: cst.CSTNode) -> tuple[int, int]:
        place = self.range(node)
        return place.end.line - place.start.line, place.end.column - place.start.column

    def innermost(self, kind: type[Node], line: int) -> Node | None:
        """Return the smallest node of a kind that covers a line."""
        found = self.nodes(kind, line)
        return found[-1] if found else None

    def parents(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield what a node lies in, the nearest first."""
        while (above := self._parents.get(node)) is not None:
            yield above
            node = above

    def around(self, node: cst.CSTNode, kind: type[Node]) -> Node | None:
        """Return the nearest node of a kind that a node lies in."""
        return next((above for above in self.parents(node) if isinstance(above, kind)), None)

    def statement(self, line: int) -> cst.SimpleStatementLine | None:
        """Return the simple statement that covers a line."""
        return self.innermost(cst.SimpleStatementLine, line)

    def function_around(self, line: int) -> cst.FunctionDef | None:
        """Return the innermost function that a line lies in."""
        return self.innermost(cst.FunctionDef, line)

    def class_around(self, line: int) -> cst.ClassDef | None:
        """Return the innermost class that a line lies in."""
        return self.innermost(cst.ClassDef, line)

    def class_at(self, line: int) -> cst.ClassDef | None:
        """Return the class whose statement, decorators included, begins on a line."""
        for node in self.nodes(cst.ClassDef, line)[::-1]:
            heads = [self.range(node), *map(self.range, node.decorators)]
            if any(head.start.line == line for head in heads):
                return node
        return None

    def inside(self, kind: type[Node], outer: cst.CSTNode) -> list[Node]:
        """Return the nodes of a kind within another, in the order of the source."""
        found = [
            node
            for node in self._ranges
            if isinstance(node, kind) and any(above is outer for above in self.parents(node))
        ]
        return sorted(found, key=self._start)

    def _start(self, node: cst.CSTNode) -> tuple[int, int]:
        start = self.range(node).start
        return start.line, start.column
