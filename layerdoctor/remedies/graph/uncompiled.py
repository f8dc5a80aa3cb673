"""LD403: a method that is left to Keras to compile, with the whole model."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import replaced


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Take ``@tf.function`` away where the finding points at it."""
    decorator = case.places.innermost(cst.Decorator, case.line)
    method = case.places.around(decorator, cst.FunctionDef) if decorator else None
    if decorator is None or method is None:
        return
    name = text(decorator.decorator).partition("(")[0]
    if name.rpartition(".")[2] == "function":
        kept = [each for each in method.decorators if each is not decorator]
        yield replaced(case.module, method, method.with_changes(decorators=kept))


REMEDY = Remedy(codes=("LD403",), candidates=candidates, outputs="changed")
