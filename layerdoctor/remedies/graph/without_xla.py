"""LD406: a layer that says that it is not for XLA."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.methods import replaced, with_declaration


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Set ``supports_jit`` behind the call of the base's constructor."""
    owner = case.layer_class
    if owner is not None:
        new = with_declaration(case.module, owner, "self.supports_jit = False\n")
        yield None if new is None else replaced(case.module, owner, new)


REMEDY = Remedy(codes=("LD406",), candidates=candidates)
