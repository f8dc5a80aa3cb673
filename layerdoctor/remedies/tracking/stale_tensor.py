"""LD106: what is computed from weights, computed anew in each call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class _KeptTensor:
    """A tensor that a method of a class computes in steps, of which the last keeps it."""

    module: cst.Module
    owner: cst.ClassDef
    function: cst.FunctionDef
    steps: tuple[cst.SimpleStatementLine, ...]
    target: str

    @property
    def attribute(self) -> str:
        """The name of the attribute that keeps it."""
        return self.target.removeprefix("self.")

    def written(self, begin: str) -> str:
        """Return the steps as they are written, the last with another beginning."""
        plain = [step.with_changes(leading_lines=[]) for step in self.steps]
        code = "".join(self.module.code_for_node(step) for step in plain)
        return code.replace(f"{self.target} =", begin, 1)


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
    kept = _KeptTensor(case.module, owner, function, tuple(steps), target)
    yield _in_call(kept)
    yield _as_property(kept)


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


def _in_call(kept: _KeptTensor) -> cst.Module | None:
    module, owner = kept.module, kept.owner
    call = method(owner, "call") or method(owner, "__call__")
    left = _without(kept.function, kept.steps)
    if call is None or left is None or call is kept.function:
        return None
    name = kept.attribute.lstrip("_")
    read = m.Attribute(value=m.Name("self"), attr=m.Name(kept.attribute))
    elsewhere = [each for each in m.findall(owner, read) if each not in m.findall(call, read)]
    if len(elsewhere) > 1 or name in names_read(call):
        return None
    reading = cst.ensure_type(m.replace(call, read, cst.Name(name)), cst.FunctionDef)
    new_call = inserted(module, reading, kept.written(f"{name} ="), after_docstring(call))
    changed_ones = {id(kept.function): left, id(call): new_call}
    body = [changed_ones.get(id(each), each) for each in owner.body.body]
    return replaced(module, owner, owner.with_deep_changes(owner.body, body=body))


def _as_property(kept: _KeptTensor) -> cst.Module | None:
    left = _without(kept.function, kept.steps)
    if left is None:
        return None
    indented = "".join(f"    {line}\n" for line in kept.written("return").splitlines())
    getter = f"@property\ndef {kept.attribute}(self):\n{indented}"
    owner = with_method(kept.module, changed(kept.owner, kept.function, left), getter)
    return replaced(kept.module, kept.owner, owner)


REMEDY = Remedy(codes=("LD106",), candidates=candidates, outputs="start")
