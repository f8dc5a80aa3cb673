"""LD402: a tensor that tracing makes, used where it is made and not kept on the layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import (
    after_docstring,
    changed,
    inserted,
    members,
    method,
    parsed,
    replaced,
    statements,
)
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.editing.statements import (
    Pair,
    commented,
    names_read,
    plain,
    restated,
)
from layerdoctor.remedies.tracking.attribute import assigned
from layerdoctor.rule import Severity


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make it in each call; where `build` makes it, else make it outside of the graph."""
    owner, subject = case.enclosing_class, case.finding.subject or ""
    call = (method(owner, "call") or method(owner, "__call__")) if owner else None
    name = subject.removeprefix("self.")
    if case.finding.severity is Severity.NOTE:  # kept to be looked at, from elsewhere perhaps
        return
    if owner is None or call is None or not name.isidentifier() or name == subject:
        return
    if any(subject in assigned(line) for line in m.findall(call, m.SimpleStatementLine())):
        others = (each.removeprefix("self.") for each in case.finding.about if each != subject)
        yield _local(case, owner, call, (name, *filter(str.isidentifier, others)))
    elif (statement := case.places.statement(case.line)) and subject in assigned(statement):
        yield _made_in_call(case, owner, call, statement, name)
        yield _outside_graph(case, statement)


def _attribute(name: str) -> m.Attribute:
    return m.Attribute(value=m.Name("self"), attr=m.Name(name))


def _read_elsewhere(owner: cst.ClassDef, own: set[str], name: str) -> bool:
    """Whether a method that is none of those reads or sets the attribute."""
    others = (
        each
        for each in members(owner)
        if not (isinstance(each, cst.FunctionDef) and each.name.value in own)
    )
    return any(m.findall(each, _attribute(name)) for each in others)


def _local(
    case: Case, owner: cst.ClassDef, call: cst.FunctionDef, names: Sequence[str]
) -> cst.Module | None:
    """Return the module with local names for the attributes, which every call gives their values.

    An attribute that another method reads stays; None where that is the first.
    """
    own = {call.name.value, "__init__", "build"}
    free = [name for name in names if not _read_elsewhere(owner, own, name)]
    if free[:1] != [*names][:1]:
        return None
    local = call
    for name in free:
        renamed = m.replace(local, _attribute(name), cst.Name(name))
        local = cst.ensure_type(renamed, cst.FunctionDef)
    once: list[Pair] = [
        (each, _always(each))
        for each in map(_if, m.findall(local, m.If(body=m.IndentedBlock(), orelse=None)))
        if any(_asks_for(each.test, name) and _gives(each, name) for name in free)
    ]
    new = changed(owner, call, restated(local, once))
    starts: list[Pair] = [
        (line, [])
        for function in (method(new, "__init__"), method(new, "build"))
        for line in (m.findall(function, m.SimpleStatementLine()) if function else ())
        if any(f"self.{name}" in assigned(line) for name in free)
    ]
    return replaced(case.module, owner, restated(new, starts))


def _if(node: cst.CSTNode) -> cst.If:
    return cst.ensure_type(node, cst.If)


def _always(block: cst.If) -> list[cst.BaseStatement]:
    """Return the statements of a block, below the comments that it had."""
    first, *rest = cst.ensure_type(block.body, cst.IndentedBlock).body
    lines = [*block.leading_lines, *getattr(first, "leading_lines", ())]
    return [first.with_changes(leading_lines=lines), *rest]


def _asks_for(test: cst.BaseExpression, name: str) -> bool:
    """Whether a condition asks whether the value is there already."""
    words = text(test)
    asked = (f"{name} is None", f'not hasattr(self, "{name}")', f"not hasattr(self, '{name}')")
    return words.startswith(asked)


def _gives(block: cst.If, name: str) -> bool:
    return any(name in assigned(line) for line in m.findall(block, m.SimpleStatementLine()))


def _made_in_call(
    case: Case, owner: cst.ClassDef, call: cst.FunctionDef, made: cst.SimpleStatementLine, name: str
) -> cst.Module | None:
    """Return the module in which `call` makes what `build` made of the shape of its input."""
    function = case.places.around(made, cst.FunctionDef)
    if function is None or _read_elsewhere(owner, {call.name.value, function.name.value}, name):
        return None
    lines = m.findall(function, m.SimpleStatementLine())
    given = {target for line in lines for target in assigned(line)}
    code = plain(made).replace(f"self.{name} =", f"{name} =", 1)
    if names_read(made) & given or "\n" in code:
        return None
    inputs = "".join(each.name.value for each in call.params.params[1:2])
    for shape in function.params.params[1:2]:
        code = re.sub(rf"(?<![\w.]){shape.name.value}\b", f"{inputs}.shape", code)
    local = cst.ensure_type(m.replace(call, _attribute(name), cst.Name(name)), cst.FunctionDef)
    new_call = inserted(case.module, local, commented(made, code), after_docstring(call))
    left = [restated(function, [(made, [])])] if len(statements(function)) > 1 else []
    return replaced(case.module, owner, restated(owner, [(function, left), (call, [new_call])]))


def _outside_graph(case: Case, statement: cst.SimpleStatementLine) -> cst.Module | None:
    """``with tf.init_scope():`` around the statement, which then makes a value."""
    name, package = case.names.known("tensorflow.init_scope")
    (block,) = parsed(case.module, f"with {name}():\n    pass\n")
    lines = statement.leading_lines
    inner = statement.with_changes(leading_lines=[])
    with_block = cst.ensure_type(block, cst.With).with_deep_changes(
        cst.ensure_type(block, cst.With).body, body=[inner]
    )
    scoped = with_block.with_changes(leading_lines=lines)
    return with_import(restated(case.module, [(statement, [scoped])]), package)


REMEDY = Remedy(codes=("LD402",), candidates=candidates)
