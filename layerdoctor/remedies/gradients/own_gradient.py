"""LD207: TensorFlow's own gradient in place of one that is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.methods import replaced, statements, with_body

PAIR = m.SimpleStatementLine(
    [m.Return(value=m.Tuple(elements=[m.DoNotCare(), m.Element(value=m.Name())]))]
)


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Leave ``tf.custom_gradient`` away, with the backward function."""
    for function in case.places.nodes(cst.FunctionDef, case.line)[::-1]:
        kept = [
            each
            for each in function.decorators
            if case.names.meaning(each.decorator) != "tensorflow.custom_gradient"
        ]
        body = list(statements(function))
        if len(kept) == len(function.decorators) or not body or not m.matches(body[-1], PAIR):
            continue
        last = cst.ensure_type(body[-1], cst.SimpleStatementLine)
        returned = cst.ensure_type(last.body[0], cst.Return)
        pair = cst.ensure_type(returned.value, cst.Tuple)
        backward = cst.ensure_type(pair.elements[1].value, cst.Name).value
        value = pair.elements[0].value
        left = [
            each
            for each in body[:-1]
            if not (isinstance(each, cst.FunctionDef) and each.name.value == backward)
        ]
        end = last.with_deep_changes(returned, value=value)
        if not left:
            end = end.with_changes(leading_lines=[])
        new = with_body(function.with_changes(decorators=kept), [*left, end])
        yield replaced(case.module, function, new)


REMEDY = Remedy(codes=("LD207",), candidates=candidates)
