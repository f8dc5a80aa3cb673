"""LD208: a weight that no optimizer moves."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import with_keyword
from layerdoctor.remedies.editing.methods import all_replaced

MAKERS = ("add_weight", "add_variable", "Variable")


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Say ``trainable=False`` where the weight is made."""
    calls = {id(call): call for line in lines(case) for call in making_calls(case, line)}
    if calls:
        pairs = [(call, with_keyword(call, "trainable", "False")) for call in calls.values()]
        yield all_replaced(case.module, pairs)


def lines(case: Case) -> list[int]:
    """Return the lines of this file that make the weights the finding is about."""
    subject = case.finding.subject or ""
    about = (subject, *case.finding.about)
    made = [
        weight.location
        for weight in case.facts.weights
        if weight.attribute in about or weight.attribute.startswith(f"{subject}[")
    ]
    return sorted({place.line for place in made if place and place.file == case.file})


def making_calls(case: Case, line: int) -> list[cst.Call]:
    """Return the calls on a line that make a weight."""
    statement = case.places.statement(line)
    if statement is None:
        return []
    calls = case.places.inside(cst.Call, statement)
    return [call for call in calls if case.names.meaning(call.func).endswith(MAKERS)]


REMEDY = Remedy(codes=("LD208",), candidates=candidates)
