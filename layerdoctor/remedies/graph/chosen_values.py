"""LD401, LD404, LD405: a choice between tensors in place of a Python ``if`` on one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import replaced
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.editing.statements import like

RETURN = m.SimpleStatementLine([m.Return(value=m.DoNotCare())])
ASSIGN = m.SimpleStatementLine([m.Assign(targets=[m.AssignTarget()])])


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Compute both and choose with ``tf.where``, where both are returned or given to one name."""
    branch = next((each for each in case.places.nodes(cst.If, case.line)[::-1]), None)
    block = case.places.around(branch, cst.IndentedBlock) if branch else None
    if branch is None or block is None or len(_body(branch)) != 1:
        return
    first = _body(branch)[0]
    if m.matches(first, RETURN):
        yield _returned(case, block, branch)
    elif m.matches(first, ASSIGN):
        yield _given(case, block, branch)


def _returned(case: Case, block: cst.IndentedBlock, branch: cst.If) -> cst.Module | None:
    """``return tf.where(condition, one, other)``."""
    at = list(block.body).index(branch)
    otherwise = _otherwise(branch)
    rest = list(block.body[at + 1 :])
    if otherwise is None and rest and m.matches(rest[0], RETURN):
        other, rest = rest[0], rest[1:]
    elif otherwise is not None and m.matches(otherwise, RETURN):
        other = otherwise
    else:
        return None
    one_value, other_value = _value(_body(branch)[0]), _value(other)
    if one_value is None or other_value is None:
        return None
    written, package = _choice(case, branch, text(one_value), text(other_value))
    return _with(case, branch, f"return {written}\n", rest, package)


def _given(case: Case, block: cst.IndentedBlock, branch: cst.If) -> cst.Module | None:
    """``x = tf.where(condition, one, other)``; without an ``else`` the other is ``x`` itself."""
    first, otherwise = _body(branch)[0], _otherwise(branch)
    target = _target(first)
    if branch.orelse is not None and (otherwise is None or _target(otherwise) != target):
        return None
    one, other = _value(first), _value(otherwise) if otherwise else None
    if one is None or target is None:
        return None
    written, package = _choice(case, branch, text(one), text(other) if other else target)
    rest = block.body[list(block.body).index(branch) + 1 :]
    return _with(case, branch, f"{target} = {written}\n", rest, package)


def _choice(case: Case, branch: cst.If, one: str, other: str) -> tuple[str, str | None]:
    ops, tensorflow = case.names.written("keras.ops"), case.names.written("tensorflow")
    package = None
    if tensorflow is None and ops is not None:
        where = f"{ops}.where"
    else:
        name, package = case.names.known("tensorflow")
        where = f"{name}.where"
    return f"{where}({text(branch.test)}, {one}, {other})", package


def _with(
    case: Case,
    branch: cst.If,
    line: str,
    rest: Sequence[cst.BaseStatement],
    package: str | None,
) -> cst.Module | None:
    """Return the module with a line in place of a branch, and what is left behind it."""
    block = case.places.around(branch, cst.IndentedBlock)
    if block is None:
        return None
    old = cst.ensure_type(_body(branch)[0], cst.SimpleStatementLine)
    new = like(case.module, old, line).with_changes(leading_lines=branch.leading_lines)
    before = block.body[: list(block.body).index(branch)]
    body = block.with_changes(body=[*before, new, *rest])
    return with_import(replaced(case.module, block, body), package)


def _body(branch: cst.If | cst.Else) -> Sequence[cst.BaseStatement]:
    return branch.body.body if isinstance(branch.body, cst.IndentedBlock) else ()


def _otherwise(branch: cst.If) -> cst.BaseStatement | None:
    """Return the one statement of an ``else``."""
    found = _body(branch.orelse) if isinstance(branch.orelse, cst.Else) else ()
    return found[0] if len(found) == 1 else None


def _value(statement: cst.CSTNode | None) -> cst.BaseExpression | None:
    """Return what a statement returns or assigns."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return None
    (each, *_) = statement.body
    return each.value if isinstance(each, (cst.Return, cst.Assign)) else None


def _target(statement: cst.CSTNode) -> str | None:
    """Return the name that a statement gives a value."""
    if not m.matches(statement, ASSIGN):
        return None
    assign = cst.ensure_type(
        cst.ensure_type(statement, cst.SimpleStatementLine).body[0], cst.Assign
    )
    return text(assign.targets[0].target)


REMEDY = Remedy(codes=("LD401", "LD404", "LD405"), candidates=candidates)
