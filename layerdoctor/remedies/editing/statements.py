"""Statements of a function: replaced by any number of others, taken out, and looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.editing.methods import parsed
from layerdoctor.remedies.editing.places import Node, Places

Pair = tuple[cst.CSTNode, Sequence[cst.CSTNode]]


def restated(scope: Node, pairs: Sequence[Pair]) -> Node:
    """Return a node with others in place of some of what it holds; none for what is to go.

    A block that is left without a statement goes as well.
    """
    new = scope.visit(_Restating(pairs))
    assert isinstance(new, type(scope))
    return new


class _Restating(cst.CSTTransformer):
    def __init__(self, pairs: Sequence[Pair]) -> None:
        super().__init__()
        self._new = {id(old): list(new) for old, new in pairs}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> object:
        """Return what stands in the place of a node."""
        if id(original_node) in self._new:
            new = self._new[id(original_node)]
            return new[0] if len(new) == 1 else cst.FlattenSentinel(new)
        is_empty = m.matches(updated_node, m.If(body=m.IndentedBlock(body=[]), orelse=None))
        return cst.RemoveFromParent() if is_empty else updated_node


def like(module: cst.Module, old: cst.SimpleStatementLine, code: str) -> cst.SimpleStatementLine:
    """Return a statement with the comments of another."""
    (line,) = parsed(module, commented(old, code))
    return cst.ensure_type(line, cst.SimpleStatementLine)


def plain(statement: cst.SimpleStatementLine) -> str:
    """Return a statement without the comments around it."""
    module = cst.Module([])
    return "; ".join(module.code_for_node(each).rstrip("; ") for each in statement.body)


def commented(statement: cst.SimpleStatementLine, code: str) -> str:
    """Return a line of code with the comments above and beside a statement."""
    above = [line.comment.value for line in statement.leading_lines if line.comment]
    beside = statement.trailing_whitespace.comment
    line = f"{code}  {beside.value}" if beside else code
    return "".join(f"{each}\n" for each in [*above, line])


def assignments(
    function: cst.FunctionDef,
) -> Iterator[tuple[cst.SimpleStatementLine, str, cst.BaseExpression]]:
    """Yield each statement that gives one value to one plain name, in their order."""
    for found in m.findall(
        function, m.SimpleStatementLine(body=[m.Assign(targets=[m.AssignTarget()])])
    ):
        statement = cst.ensure_type(found, cst.SimpleStatementLine)
        assign = cst.ensure_type(statement.body[0], cst.Assign)
        target = assign.targets[0].target
        if isinstance(target, cst.Name):
            yield statement, target.value, assign.value


def names_read(node: cst.CSTNode) -> set[str]:
    """Return the plain names in an expression, keywords and what follows a dot left out."""
    collecting = _Collecting()
    node.visit(collecting)
    return collecting.names


class _Collecting(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802 - LibCST's name
        """Keep a name."""
        self.names.add(node.value)

    def visit_Attribute(self, node: cst.Attribute) -> bool:  # noqa: N802
        """Look at the owner of an attribute alone."""
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:  # noqa: N802
        """Look at the value of an argument alone."""
        node.value.visit(self)
        return False


def name_nodes(
    places: Places, scope: cst.CSTNode, name: str, *, outside: cst.CSTNode | None = None
) -> list[cst.Name]:
    """Return where a scope names a variable, but for a part of it."""
    return [
        each
        for each in places.inside(cst.Name, scope)
        if each.value == name and _is_variable(places, each, outside)
    ]


def _is_variable(places: Places, name: cst.Name, outside: cst.CSTNode | None) -> bool:
    """Whether a name stands for a variable: for no attribute and no argument."""
    above = next(places.parents(name))
    if isinstance(above, cst.Attribute) and above.attr is name:
        return False
    if isinstance(above, cst.Arg) and above.keyword is name:
        return False
    return all(each is not outside for each in places.parents(name))
