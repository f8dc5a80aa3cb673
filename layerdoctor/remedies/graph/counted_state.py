"""LD403: a number that calls change, in a weight that graphs change too."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import method, replaced
from layerdoctor.remedies.editing.names import Names, with_import
from layerdoctor.remedies.graph.tensor_functions import Rewriting
from layerdoctor.remedies.tracking.attribute import assigned

USUAL = {"0": '"zeros"', "0.0": '"zeros"', "1": '"ones"', "1.0": '"ones"'}


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make a weight of each number that the constructor sets and the call sets again."""
    owner = case.enclosing_class
    init = method(owner, "__init__") if owner else None
    call = (method(owner, "call") or method(owner, "__call__")) if owner else None
    if owner is None or init is None or call is None:
        return
    numbers = _numbers(init)
    counted = {path for path in _changed(call) if path in numbers}
    if not counted:
        return
    counting = _Counting(case.names, counted)
    new_call = call.visit(counting)
    assert isinstance(new_call, cst.CSTNode)
    setting = _Setting(case.names, {path: numbers[path] for path in counted})
    new_init = init.visit(setting)
    assert isinstance(new_init, cst.CSTNode)
    body = [
        {id(init): new_init, id(call): new_call}.get(id(each), each) for each in owner.body.body
    ]
    new = owner.with_deep_changes(owner.body, body=body)
    module = with_import(replaced(case.module, owner, new), setting.package)
    yield with_import(module, counting.package)


def _numbers(init: cst.FunctionDef) -> dict[str, str]:
    """Return the attributes that the constructor sets to a number, and that number."""
    number = m.Integer() | m.Float()
    own = m.AssignTarget(target=m.Attribute(value=m.Name("self")))
    found = (
        cst.ensure_type(each, cst.Assign)
        for each in m.findall(init, m.Assign(targets=[own], value=number))
    )
    return {text(each.targets[0].target): text(each.value) for each in found}


def _changed(call: cst.FunctionDef) -> Iterator[str]:
    """Yield what the call assigns."""
    for line in m.findall(call, m.SimpleStatementLine()):
        yield from assigned(line)
    for each in m.findall(call, m.AugAssign()):
        yield text(cst.ensure_type(each, cst.AugAssign).target)


class _Setting(cst.CSTTransformer):
    """Makes weights where numbers were set."""

    def __init__(self, names: Names, numbers: dict[str, str]) -> None:
        super().__init__()
        self._names = names
        self._numbers = numbers
        self.package: str | None = None

    def leave_Assign(  # noqa: N802 - LibCST's name
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign:
        """Make a weight that starts at the number."""
        path = text(original_node.targets[0].target)
        if path not in self._numbers:
            return updated_node
        start = USUAL.get(self._numbers[path])
        if start is None:
            name, self.package = self._names.known("keras.initializers.Constant")
            start = f"{name}({self._numbers[path]})"
        own = path.removeprefix("self.").strip("_")
        code = f'self.add_weight(name="{own}", shape=(), initializer={start}, trainable=False)'
        return updated_node.with_changes(value=cst.parse_expression(code))


class _Counting(Rewriting):
    """Assigns to weights where attributes were set, with functions that take tensors."""

    def __init__(self, names: Names, counted: set[str]) -> None:
        super().__init__(names)
        self._counted = counted

    def leave_Assign(  # noqa: N802 - LibCST's name
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign | cst.Expr:
        """``self.done.assign(VALUE)`` in place of ``self.done = VALUE``."""
        path = text(original_node.targets[0].target)
        if path not in self._counted or len(original_node.targets) > 1:
            return updated_node
        return cst.Expr(cst.parse_expression(f"{path}.assign({text(updated_node.value)})"))

    def leave_AugAssign(  # noqa: N802 - LibCST's name
        self, original_node: cst.AugAssign, updated_node: cst.AugAssign
    ) -> cst.AugAssign | cst.Expr:
        """``self.done.assign_add(VALUE)`` in place of ``self.done += VALUE``."""
        path = text(original_node.target)
        verbs = {cst.AddAssign: "assign_add", cst.SubtractAssign: "assign_sub"}
        verb = verbs.get(type(original_node.operator))
        if path not in self._counted or verb is None:
            return updated_node
        return cst.Expr(cst.parse_expression(f"{path}.{verb}({text(updated_node.value)})"))


REMEDY = Remedy(codes=("LD403",), candidates=candidates, outputs="changed")
