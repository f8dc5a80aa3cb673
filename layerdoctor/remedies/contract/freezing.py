"""LD509: which weights are trained said where they are made, and the rest left to Keras."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, with_keyword
from layerdoctor.remedies.editing.methods import members
from layerdoctor.remedies.editing.statements import Pair, restated
from layerdoctor.remedies.tracking.attribute import assigned

OVERRIDDEN = tuple(
    f"{prefix}trainable_{what}" for prefix in ("", "non_", "_") for what in ("weights", "variables")
)


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Remove what says which weights are trained, and freeze those that it left out."""
    owner, statement = case.enclosing_class, case.places.statement(case.line)
    if owner is None:
        return
    if statement is not None and any(path.endswith(".trainable") for path in assigned(statement)):
        yield restated(case.module, [(statement, [])])
        return
    overriding = [
        each
        for each in members(owner)
        if isinstance(each, cst.FunctionDef) and each.name.value in OVERRIDDEN
    ]
    fixed = [each for each in members(owner) if "trainable" in assigned(each)]
    if not overriding and not fixed:
        return
    pairs: list[Pair] = [(each, []) for each in (*overriding, *fixed)]
    yield restated(case.module, [*pairs, *_left_out(owner, overriding)])


def _left_out(owner: cst.ClassDef, overriding: list[cst.FunctionDef]) -> Iterator[Pair]:
    """Yield the weights that are made as trained ones, and are not among those listed."""
    listing = [each for each in overriding if each.name.value.startswith("trainable_")]
    listed = {path for each in listing for path in _attributes(each)}
    for line in m.findall(owner, m.SimpleStatementLine()):
        for path in assigned(line):
            for found in m.findall(line, m.Call(func=m.Attribute(attr=m.Name("add_weight")))):
                call = cst.ensure_type(found, cst.Call)
                if listed and path not in listed and keyword(call, "trainable") is None:
                    yield call, [with_keyword(call, "trainable", "False")]


def _attributes(function: cst.FunctionDef) -> set[str]:
    own = m.findall(function, m.Attribute(value=m.Name("self")))
    return {f"self.{cst.ensure_type(each, cst.Attribute).attr.value}" for each in own}


REMEDY = Remedy(codes=("LD509",), candidates=candidates)
