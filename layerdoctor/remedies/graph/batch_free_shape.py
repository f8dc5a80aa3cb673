"""LD504: a weight whose shape has no room for the batch."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, text
from layerdoctor.remedies.editing.methods import method, replaced


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Leave the first size of the input's shape out of the shape of a weight."""
    owner = case.enclosing_class
    build = method(owner, "build") if owner else None
    if build is None or len(build.params.params) < 2:
        return
    shape = build.params.params[1].name.value
    first = m.Subscript(value=m.Name(shape), slice=[m.SubscriptElement(m.Index(m.Integer("0")))])
    for call in case.places.inside(cst.Call, build):
        given = keyword(call, "shape")
        if given is None or not text(call.func).endswith("add_weight"):
            continue
        value = given.value
        if m.matches(value, m.Name(shape)):
            yield replaced(case.module, value, cst.parse_expression(f"{shape}[1:]"))
        elif isinstance(value, (cst.Tuple, cst.List)):
            parts = [each.value for each in value.elements]
            if len(parts) > 1 and m.matches(parts[0], first):
                rest = ", ".join(map(text, parts[1:])) + ("," if len(parts) == 2 else "")
                yield replaced(case.module, value, cst.parse_expression(f"({rest})"))


REMEDY = Remedy(codes=("LD504",), candidates=candidates, outputs="start")
