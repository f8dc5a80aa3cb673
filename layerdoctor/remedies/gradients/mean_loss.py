"""LD211: a loss that does not grow with the batch."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import positional, text
from layerdoctor.remedies.editing.methods import replaced
from layerdoctor.remedies.editing.names import with_import


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Take the mean of what is given to ``add_loss``."""
    statement = case.places.statement(case.line)
    calls = case.places.inside(cst.Call, statement) if statement else []
    for call in calls:
        values = positional(call)
        if not text(call.func).endswith(".add_loss") or len(values) != 1:
            continue
        ops = case.names.written("keras.ops")
        package = None
        mean = f"{ops}.mean"
        if ops is None or case.names.written("tensorflow") is not None:
            name, package = case.names.known("tensorflow")
            mean = f"{name}.reduce_mean"
        new = cst.parse_expression(f"{mean}({text(values[0].value)})")
        yield with_import(replaced(case.module, values[0].value, new), package)


REMEDY = Remedy(codes=("LD211",), candidates=candidates, outputs="changed")
