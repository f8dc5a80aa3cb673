"""LD503: the shape of the output left to Keras, which finds it by tracing `call`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.methods import members, replaced

PROMISES = ("compute_output_shape", "compute_output_spec")


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Remove the method that promises another shape than the output has."""
    owner = case.enclosing_class
    function = case.places.function_around(case.line)
    if owner is None or function is None or function.name.value not in PROMISES:
        return
    kept = [each for each in members(owner) if each is not function]
    if len(kept) < len(members(owner)) and kept:
        yield replaced(case.module, owner, owner.with_deep_changes(owner.body, body=kept))


REMEDY = Remedy(codes=("LD503",), candidates=candidates)
