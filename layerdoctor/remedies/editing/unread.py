"""Local variables that a change has left unread."""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m
from libcst.metadata import ExpressionContext, ExpressionContextProvider, MetadataWrapper

from layerdoctor.remedies.editing.methods import all_replaced
from layerdoctor.remedies.editing.names import Names
from layerdoctor.remedies.editing.statements import assignments

HARMLESS = ("int", "len", "list", "tuple", "keras.ops.shape", "tensorflow.shape")
"""What may be called or not: it has no effect but its result."""


def without_unread(before: cst.Module, after: cst.Module) -> cst.Module:
    """Return a changed module without the assignments that only its former text had a use for.

    They have to be plain: one local name, and a value that is computed without an effect.
    """
    was_read = _Functions.of(before).reads
    while unread := _unread(was_read, after):
        after = all_replaced(after, [(each, cst.RemovalSentinel.REMOVE) for each in unread])
    return after


def _unread(was_read: dict[str, set[str]], module: cst.Module) -> list[cst.SimpleStatementLine]:
    names, functions = Names(module), _Functions.of(module)
    return [
        statement
        for path, function in functions.found
        for statement, name, value in assignments(function)
        if name in was_read.get(path, set()) - functions.reads[path] and _is_harmless(value, names)
    ]


def _is_harmless(value: cst.BaseExpression, names: Names) -> bool:
    calls = m.findall(value, m.Call())
    others = m.Await() | m.Yield() | m.NamedExpr()
    return not m.findall(value, others) and all(
        names.meaning(cst.ensure_type(call, cst.Call).func) in HARMLESS for call in calls
    )


class _Functions(cst.CSTVisitor):
    """The functions of a module that are in no other one, and the names that each reads."""

    METADATA_DEPENDENCIES = (ExpressionContextProvider,)

    @classmethod
    def of(cls, module: cst.Module) -> _Functions:
        functions = cls()
        MetadataWrapper(module, unsafe_skip_copy=True).visit(functions)
        return functions

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, cst.FunctionDef]] = []
        self.reads: dict[str, set[str]] = {}
        """By the path of the function, such as ``Gate.call``."""
        self._around: list[str] = []
        self._inside = 0

    def visit_ClassDef(self, node: cst.ClassDef) -> None:  # noqa: N802 - LibCST's name
        """Go into a class."""
        self._around.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:  # noqa: ARG002, N802
        """Come out of a class."""
        self._around.pop()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
        """Go into a function."""
        self._around.append(node.name.value)
        self._inside += 1
        if self._inside == 1:
            self.found.append((self._path, node))
            self.reads.setdefault(self._path, set())

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:  # noqa: ARG002, N802
        """Come out of a function."""
        self._around.pop()
        self._inside -= 1

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802
        """Keep a name that is read."""
        context = self.get_metadata(ExpressionContextProvider, node, None)
        if self._inside and context is not ExpressionContext.STORE:
            self.reads[self.found[-1][0]].add(node.value)

    @property
    def _path(self) -> str:
        return ".".join(self._around)
