"""LD508, LD510: masking declared, or a mask that ends here or fits the output."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import (
    after_docstring,
    method,
    parsed,
    replaced,
    statements,
    with_body,
    with_declaration,
    with_method,
)
from layerdoctor.remedies.tracking.attribute import assigned

DECLARED = "self.supports_masking = True\n"
METHOD = "def compute_mask(self, {inputs}, {mask}=None):\n"


def handed_on(case: Case) -> Iterator[cst.Module | None]:
    """Hand on the mask of an embedding inside, else declare that masking is supported."""
    owner = case.enclosing_class
    if owner is None:
        return
    embedding = _masking_part(owner)
    if embedding is not None:
        yield _with_compute_mask(case, owner, f"return {embedding}.compute_mask({_first(owner)})")
        return
    new = with_declaration(case.module, owner, DECLARED)
    yield None if new is None else replaced(case.module, owner, new)


def _masking_part(owner: cst.ClassDef) -> str | None:
    """Return the attribute that holds a layer made with ``mask_zero=True``."""
    made = m.Call(args=[m.ZeroOrMore(), m.Arg(keyword=m.Name("mask_zero")), m.ZeroOrMore()])
    for line in m.findall(owner, m.SimpleStatementLine()):
        for path in assigned(line):
            if path.startswith("self.") and m.findall(line, made):
                return path
    return None


def fitting(case: Case) -> Iterator[cst.Module | None]:
    """Cut the mask as the call cuts its input, else end it."""
    owner = case.enclosing_class
    if owner is None:
        return
    mask = _mask_parameter(case, owner)
    steps = _steps(owner)
    if steps is not None:
        yield _with_compute_mask(case, owner, f"return None if {mask} is None else {mask}[{steps}]")
    yield _with_compute_mask(case, owner, "return None")


def _steps(owner: cst.ClassDef) -> str | None:
    """Return the part of ``[:, ::2]`` that picks samples and steps, where the call returns that."""
    call = method(owner, "call")
    name = m.Name(_first(owner))
    found = m.findall(call, m.Return(m.Subscript(value=name))) if call else []
    if len(found) != 1:
        return None
    subscript = cst.ensure_type(cst.ensure_type(found[0], cst.Return).value, cst.Subscript)
    picked = [text(element.slice) for element in subscript.slice[:2]]
    return ", ".join(picked) if len(picked) == 2 and "..." not in picked else None


def _with_compute_mask(case: Case, owner: cst.ClassDef, code: str) -> cst.Module | None:
    """Return the module with that as all that ``compute_mask`` does."""
    own = method(owner, "compute_mask")
    if own is None:
        head = METHOD.format(inputs=_first(owner), mask=_mask_parameter(case, owner))
        return replaced(case.module, owner, with_method(case.module, owner, f"{head}    {code}\n"))
    if not statements(own):
        return None
    kept = list(statements(own))[: after_docstring(own)]
    return replaced(case.module, own, with_body(own, [*kept, *parsed(case.module, code)]))


def _first(owner: cst.ClassDef) -> str:
    """Return what the author calls the first input."""
    for name in ("compute_mask", "call"):
        function = method(owner, name)
        if function is not None and len(function.params.params) > 1:
            return function.params.params[1].name.value
    return "inputs"


def _mask_parameter(case: Case, owner: cst.ClassDef) -> str:
    """Return the name of the mask: the author's own, else that of the framework."""
    own = method(owner, "compute_mask")
    if own is not None and len(own.params.params) > 2:
        return own.params.params[2].name.value
    return "previous_mask" if case.facts.framework == "keras" else "mask"


REMEDY = Remedy(codes=("LD508",), candidates=handed_on)
FITTING = Remedy(codes=("LD510",), candidates=fitting)
