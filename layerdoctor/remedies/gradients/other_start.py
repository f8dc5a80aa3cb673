"""LD204: one of two factors that both start at zero, started otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, text, without_keywords
from layerdoctor.remedies.editing.methods import replaced
from layerdoctor.remedies.gradients.frozen_weight import lines, making_calls

ZEROS = ('"zeros"', "'zeros'")


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Leave the first of them to Keras's own initializer: their product still starts at zero."""
    held = [
        weight
        for weight in case.facts.weights
        if weight.gradient.stuck and weight.gradient.held_by and not weight.gradient.condition
    ]
    if not held:
        return
    for line in lines(case):
        for call in making_calls(case, line):
            start = keyword(call, "initializer")
            if start is not None and text(start.value) in ZEROS:
                yield replaced(case.module, call, without_keywords(call, "initializer"))


REMEDY = Remedy(codes=("LD204",), candidates=candidates)
