"""LD001: start values handed to the base's constructor, as Keras 2 took them, for initializers."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import keyword, text, with_keyword, without_keywords
from layerdoctor.remedies.editing.methods import (
    SUPER_INIT,
    after_super,
    changed,
    inserted,
    method,
    replaced,
)
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.editing.statements import Pair, restated

ADDED = m.Call(func=m.Attribute(value=m.Name("self"), attr=m.Name("add_weight")))


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Give each weight that `build` adds its value of ``super().__init__(weights=[...])``."""
    owner = case.enclosing_class
    init, build = (method(owner, name) if owner else None for name in ("__init__", "build"))
    if owner is None or init is None or build is None:
        return
    values = _values(init)
    added = [each for each in case.places.inside(cst.Call, build) if m.matches(each, ADDED)]
    if not values or len(values) != len(added) or any(f"self.{n}" in text(owner) for n in values):
        return
    constant, package = case.names.known("keras.initializers.Constant")
    started: list[Pair] = [
        (call, [with_keyword(call, "initializer", f"{constant}(self.{name})")])
        for call, name in zip(added, values, strict=True)
    ]
    new = changed(owner, build, restated(build, started))
    kept = inserted(
        case.module,
        _without_weights(init),
        "".join(f"self.{name} = {value}\n" for name, value in values.items()),
        after_super(init),
    )
    new = changed(new, method(new, "__init__") or init, kept)
    yield with_import(replaced(case.module, owner, new), package)


def _values(init: cst.FunctionDef) -> dict[str, str]:
    """Return the values handed on, by the names of the attributes that are to hold them."""
    given = [
        keyword(cst.ensure_type(each, cst.Call), "weights") for each in m.findall(init, SUPER_INIT)
    ]
    if len(given) != 1 or given[0] is None or not isinstance(given[0].value, cst.List):
        return {}
    values = [each.value for each in given[0].value.elements]
    return {
        each.value if isinstance(each, cst.Name) else f"start_{number}": text(each)
        for number, each in enumerate(values, 1)
    }


def _without_weights(init: cst.FunctionDef) -> cst.FunctionDef:
    calls: list[Pair] = [
        (each, [without_keywords(cst.ensure_type(each, cst.Call), "weights")])
        for each in m.findall(init, SUPER_INIT)
    ]
    return restated(init, calls)


REMEDY = Remedy(codes=("LD001",), candidates=candidates)
