"""LD402 as a note: what a call keeps to be looked at, kept only where it has a value."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.methods import parsed
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.editing.statements import (
    Pair,
    like,
    name_nodes,
    plain,
    restated,
)
from layerdoctor.remedies.tracking.attribute import assigned
from layerdoctor.rule import Severity

APPENDED = m.Expr(m.Call(func=m.Attribute()))


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Keep it in eager calls alone, as what a graph leaves can be read by nobody."""
    statement = case.places.statement(case.line)
    function = case.places.function_around(case.line)
    if case.finding.severity is not Severity.NOTE or statement is None or function is None:
        return
    if len(statement.body) == 1 and len(attributes := assigned(statement)) == 1:
        yield _computed_apart(case, function, statement, attributes[0])
        yield _kept_eagerly(case, [(statement, [_guarded(case, statement)])])
    elif len(statement.body) == 1 and m.matches(statement.body[0], APPENDED):
        yield _kept_eagerly(case, [(statement, [_guarded(case, statement)])])


def _computed_apart(
    case: Case, function: cst.FunctionDef, statement: cst.SimpleStatementLine, attribute: str
) -> cst.Module | None:
    """Return the module with a local name for what the function goes on computing with."""
    name, code = attribute.removeprefix("self."), plain(statement)
    reads = [
        each
        for each in m.findall(function, m.Attribute(value=m.Name("self"), attr=m.Name(name)))
        if case.places.around(each, cst.AssignTarget) is None
    ]
    is_plain = name.isidentifier() and name != attribute and code.startswith(f"{attribute} = ")
    if not reads or not is_plain or name_nodes(case.places, function, name):
        return None
    made = like(case.module, statement, code.removeprefix("self."))
    kept = parsed(case.module, f"{attribute} = {name}\n")
    pairs: list[Pair] = [(each, [cst.Name(name)]) for each in reads]
    pairs.append((statement, [made, _guarded(case, *kept)]))
    return _kept_eagerly(case, pairs)


def _guarded(case: Case, statement: cst.BaseStatement) -> cst.If:
    """Return a statement that runs only where TensorFlow runs eagerly."""
    name, _ = case.names.known("tensorflow.executing_eagerly")
    (block,) = parsed(case.module, f"if {name}():\n    pass\n")
    block = cst.ensure_type(block, cst.If)
    comments = getattr(statement, "leading_lines", ())
    inner = statement.with_changes(leading_lines=[])
    return block.with_deep_changes(block.body, body=[inner]).with_changes(leading_lines=comments)


def _kept_eagerly(case: Case, pairs: list[Pair]) -> cst.Module:
    _, package = case.names.known("tensorflow.executing_eagerly")
    return with_import(restated(case.module, pairs), package)


REMEDY = Remedy(codes=("LD402",), candidates=candidates)
