"""LD106: what is computed from weights, computed anew in each call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.methods import (
    after_docstring,
    changed,
    inserted,
    method,
    replaced,
    statements,
    with_body,
    with_method,
)
from layerdoctor.remedies.editing.statements import names_read
from layerdoctor.remedies.tracking.attribute import assigned


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Move the statement into ``call``, as a local name; else make the attribute a property."""
    owner, made = case.enclosing_class, case.places.statement(case.line)
    function = case.places.function_around(case.line)
    if owner is None or made is None or function is None or len(assigned(made)) != 1:
        return
    target = assigned(made)[0]
    steps = _steps(function, made)
    if not target.startswith("self.") or steps is None:
        return
    yield _in_call(case.module, owner, function, steps, target)
    yield _as_property(case.module, owner, function, steps, target)


def _steps(
    function: cst.FunctionDef, made: cst.SimpleStatementLine
) -> list[cst.SimpleStatementLine] | None:
    """Return the statement behind those that compute the local names it reads.

    None where it rests on a parameter, or on what is no plain assignment.
    """
    body = statements(function)
    if made not in body:
        return None
    parameters = {each.name.value for each in function.params.params[1:]}
    found = [made]
    needed = names_read(made)
    for each in reversed(body[: list(body).index(made)]):
        names = set(_local_names(each))
        if not names & needed:
            continue
        if not isinstance(each, cst.SimpleStatementLine) or len(names) != 1:
            return None
        found.insert(0, each)
        needed |= names_read(each)
    return None if needed & parameters else found


def _local_names(statement: cst.CSTNode) -> Iterator[str]:
    """Yield the local names that a statement, or one inside it, gives a value."""
    for each in m.findall(statement, m.AssignTarget() | m.AugAssign() | m.For()):
        target = getattr(each, "target", None)
        parts = target.elements if isinstance(target, (cst.Tuple, cst.List)) else ()
        for part in (target, *(element.value for element in parts)):
            if isinstance(part, cst.Name):
                yield part.value


def _without(
    function: cst.FunctionDef, steps: Sequence[cst.SimpleStatementLine]
) -> cst.FunctionDef | None:
    """Return the function without the last step, and without those that nothing else reads."""
    body = [each for each in statements(function) if each is not steps[-1]]
    for step in reversed(steps[:-1]):
        others = [each for each in body if each is not step]
        if not any(set(_local_names(step)) & names_read(each) for each in others):
            body = others
    return with_body(function, body) if body else None


def _in_call(
    module: cst.Module,
    owner: cst.ClassDef,
    function: cst.FunctionDef,
    steps: Sequence[cst.SimpleStatementLine],
    target: str,
) -> cst.Module | None:
    call = method(owner, "call") or method(owner, "__call__")
    left = _without(function, steps)
    if call is None or left is None or call is function:
        return None
    name = target.removeprefix("self.").lstrip("_")
    read = m.Attribute(value=m.Name("self"), attr=m.Name(target.removeprefix("self.")))
    elsewhere = [each for each in m.findall(owner, read) if each not in m.findall(call, read)]
    if len(elsewhere) > 1 or name in names_read(call):
        return None
    reading = cst.ensure_type(m.replace(call, read, cst.Name(name)), cst.FunctionDef)
    code = _written(module, steps).replace(f"{target} =", f"{name} =", 1)
    new_call = inserted(module, reading, code, after_docstring(call))
    body = [
        {id(function): left, id(call): new_call}.get(id(each), each) for each in owner.body.body
    ]
    return replaced(module, owner, owner.with_deep_changes(owner.body, body=body))


def _as_property(
    module: cst.Module,
    owner: cst.ClassDef,
    function: cst.FunctionDef,
    steps: Sequence[cst.SimpleStatementLine],
    target: str,
) -> cst.Module | None:
    left = _without(function, steps)
    if left is None:
        return None
    name = target.removeprefix("self.")
    code = _written(module, steps).replace(f"{target} =", "return", 1)
    indented = "".join(f"    {line}\n" for line in code.splitlines())
    getter = f"@property\ndef {name}(self):\n{indented}"
    return replaced(module, owner, with_method(module, changed(owner, function, left), getter))


def _written(module: cst.Module, steps: Sequence[cst.SimpleStatementLine]) -> str:
    plain = [step.with_changes(leading_lines=[]) for step in steps]
    return "".join(module.code_for_node(step) for step in plain)


REMEDY = Remedy(codes=("LD106",), candidates=candidates, outputs="start")
