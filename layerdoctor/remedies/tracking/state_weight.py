"""LD502: a value that Python alone holds, in a weight that is saved and not trained."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import members, replaced
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.editing.statements import Pair, like, restated
from layerdoctor.remedies.tracking.attribute import assigned
from layerdoctor.remedies.tracking.constant_weight import assigned_value, variable_class

MAKING = ("__init__", "build")
UPDATES = {cst.AddAssign: "assign_add", cst.SubtractAssign: "assign_sub"}


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Hold the value in a variable of the framework, and assign to that from then on."""
    owner, subject = case.enclosing_class, case.finding.subject or ""
    name = subject.removeprefix("self.")
    statement, value = case.places.statement(case.line), assigned_value(case)
    if owner is None or statement is None or value is None or not name.isidentifier():
        return
    function = case.places.around(statement, cst.FunctionDef)
    if assigned(statement) != [subject] or function is None or function.name.value not in MAKING:
        return
    variable, package = case.names.known(variable_class(case))
    code = f'{variable}({text(value)}, trainable=False, name="{name}")'
    pairs = [*_updates(case, owner, subject), (value, [cst.parse_expression(code)])]
    yield with_import(replaced(case.module, owner, restated(owner, pairs)), package)


def _updates(case: Case, owner: cst.ClassDef, subject: str) -> Iterator[Pair]:
    """Yield the statements of other methods that give the attribute another value."""
    for each in members(owner):
        if not isinstance(each, cst.FunctionDef) or each.name.value in MAKING:
            continue
        for found in m.findall(each, m.SimpleStatementLine(body=[m.Assign() | m.AugAssign()])):
            line = cst.ensure_type(found, cst.SimpleStatementLine)
            code = _assigning(line.body[0], subject)
            if code is not None:
                yield line, [like(case.module, line, code)]


def _assigning(statement: cst.BaseSmallStatement, subject: str) -> str | None:
    """Return ``self.total.assign_add(x)`` for ``self.total += x``."""
    if isinstance(statement, cst.AugAssign):
        way = UPDATES.get(type(statement.operator))
        is_own = text(statement.target) == subject
        return f"{subject}.{way}({text(statement.value)})" if way and is_own else None
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        is_own = text(statement.targets[0].target) == subject
        return f"{subject}.assign({text(statement.value)})" if is_own else None
    return None


REMEDY = Remedy(codes=("LD502",), candidates=candidates)
