"""LD511: ``**kwargs`` handed on to the base's constructor."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.construction.super_call import handing_on
from layerdoctor.remedies.editing.methods import method, replaced


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """``super().__init__(**kwargs)`` in place of ``super().__init__()``."""
    owner = case.enclosing_class
    init = method(owner, "__init__") if owner else None
    if init is not None:
        yield replaced(case.module, init, handing_on(init))


REMEDY = Remedy(codes=("LD511",), candidates=candidates)
