"""LD302: a list that every call adds to, bounded."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import replaced
from layerdoctor.remedies.editing.names import with_import

KEPT = 10
"""How many values are kept."""


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Make it a ``collections.deque`` that forgets the oldest."""
    owner = case.enclosing_class
    for each in case.places.inside(cst.Assign, owner) if owner else ():
        is_own = text(each.targets[0].target) == case.finding.subject
        if is_own and text(each.value) in ("[]", "list()"):
            name, package = case.names.known("collections.deque")
            new = cst.parse_expression(f"{name}(maxlen={KEPT})")
            yield with_import(replaced(case.module, each.value, new), package)


REMEDY = Remedy(codes=("LD302",), candidates=candidates)
