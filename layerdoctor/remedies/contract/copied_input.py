"""LD507: a copy of the input to work on."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import after_docstring, inserted, replaced
from layerdoctor.remedies.editing.names import dotted, with_import
from layerdoctor.remedies.editing.statements import assignments, like

OPERATORS = {
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/",
    cst.PowerAssign: "**", cst.MatrixMultiplyAssign: "@", cst.ModuloAssign: "%",
    cst.FloorDivideAssign: "//", cst.BitAndAssign: "&", cst.BitOrAssign: "|",
}  # fmt: skip
KINDS = {"dict": ("dict", "list"), "list": ("list", "dict")}
"""What the input may be, the likelier first, by how the inputs are passed."""


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """``x = x * 2`` in place of ``x *= 2``, else a copy before anything is done to the input."""
    function = case.places.function_around(case.line)
    statement = case.places.statement(case.line)
    if function is None or statement is None:
        return
    yield _made_anew(case, statement)
    for name in _named(case, function, statement):
        for kind in KINDS.get(case.facts.inputs_as, ("dict", "list")):
            yield _copied(case, function, f"{name} = {kind}({name})\n", None)
        numpy, package = case.names.known("numpy.array")
        yield _copied(case, function, f"{name} = {numpy}({name})\n", package)


def _made_anew(case: Case, statement: cst.SimpleStatementLine) -> cst.Module | None:
    (each, *_) = statement.body
    if not isinstance(each, cst.AugAssign) or type(each.operator) not in OPERATORS:
        return None
    target, operator = text(each.target), OPERATORS[type(each.operator)]
    weak = m.matches(each.value, m.BinaryOperation() | m.IfExp() | m.UnaryOperation())
    value = f"({text(each.value)})" if weak else text(each.value)
    new = like(case.module, statement, f"{target} = {target} {operator} {value}")
    return replaced(case.module, statement, new)


def _named(case: Case, function: cst.FunctionDef, statement: cst.SimpleStatementLine) -> list[str]:
    """Return the parameters that the statement changes, or something of them that it names."""
    parameters = [each.name.value for each in function.params.params]
    changed = [_root(text(target)) for target in _targets(statement)]
    changed += [_root(dotted(call.func)) for call in case.places.inside(cst.Call, statement)]
    stands_for = {name: _root(text(value)) for _, name, value in assignments(function)}
    found = [stands_for.get(name, name) if name not in parameters else name for name in changed]
    return list(dict.fromkeys(name for name in found if name in parameters and name != "self"))


def _targets(statement: cst.SimpleStatementLine) -> Iterator[cst.BaseExpression]:
    for each in statement.body:
        if isinstance(each, cst.Assign):
            yield from (target.target for target in each.targets)
        elif isinstance(each, (cst.AugAssign, cst.Del)):
            yield each.target


def _root(code: str) -> str:
    """Return the name that ``x`` stands for in ``x["a"].b``."""
    return code.partition("[")[0].partition(".")[0].strip()


def _copied(
    case: Case, function: cst.FunctionDef, code: str, package: str | None
) -> cst.Module | None:
    new = inserted(case.module, function, code, after_docstring(function))
    return with_import(replaced(case.module, function, new), package)


REMEDY = Remedy(codes=("LD507",), candidates=candidates, outputs="changed")
