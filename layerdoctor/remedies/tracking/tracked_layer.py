"""LD102: sub-layers held where the framework looks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.facts import UntrackedLayer
from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text
from layerdoctor.remedies.editing.methods import (
    all_replaced,
    inserted,
    method,
    replaced,
    statements,
)
from layerdoctor.remedies.editing.names import with_import
from layerdoctor.remedies.tracking.attribute import with_attribute


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Fill the container by ``append``, take it in as a whole, or hold the sub-layer itself."""
    held = [each for each in case.facts.untracked_layers if case.finding.is_about(each.attribute)]
    if not held:
        return
    yield _of_same_keras(case, held[0])
    if held[0].reserved:
        yield _renamed(case, held[0].attribute)
        return
    yield _appended(case)
    path = held[0].attribute
    head = re.match(r"self\.\w+(?=\[)", path)
    if head is not None:
        for kind in ("dict", "list") if re.search(r"\[['\"]", path) else ("list", "dict"):
            yield _taken_in(case, head[0], f"{head[0]} = {kind}({head[0]})")
        own = head[0].removeprefix("self.").strip("_")
        yield _taken_in(case, head[0], f"self._tracked_{own} = list({head[0]})")
    yield with_attribute(case, case.module, re.sub(r"(\[[^\]]*\])+$", "", path))


def _appended(case: Case) -> cst.Module | None:
    """``self.blocks = []`` and ``append`` in place of a list of None that is filled by index."""
    statement = case.places.statement(case.line)
    function = case.places.function_around(case.line)
    if statement is None or function is None:
        return None
    item = m.extract(
        statement,
        m.SimpleStatementLine(
            [
                m.Assign(
                    targets=[m.AssignTarget(m.Subscript(value=m.SaveMatchedNode(DOT, "list")))],
                    value=m.SaveMatchedNode(m.DoNotCare(), "value"),
                )
            ]
        ),
    )
    if item is None:
        return None
    name, value = item["list"], item["value"]
    assert isinstance(name, cst.CSTNode)
    assert isinstance(value, cst.CSTNode)
    empty = m.Assign(
        value=m.BinaryOperation(left=m.List([m.Element(m.Name("None"))]), operator=m.Multiply())
    )
    for each in case.places.inside(cst.Assign, function):
        if m.matches(each, empty) and text(each.targets[0].target) == text(name):
            append = cst.parse_expression(f"{text(name)}.append({text(value)})")
            old = statement.body[0]
            pairs = [(each.value, cst.List([])), (old, cst.Expr(append))]
            return all_replaced(case.module, pairs)
    return None


DOT = m.Attribute(value=m.Name("self"))


def _taken_in(case: Case, head: str, code: str) -> cst.Module | None:
    """Set the attribute anew once it is filled: only then Keras sees what is in it."""
    owner = case.layer_class
    if owner is None:
        return None
    function = case.places.function_around(case.line)
    if function is None or method(owner, function.name.value) is not function:
        function = method(owner, "__init__")
    if function is None or head not in text(function):
        return None
    body = statements(function)
    last = max((i for i, each in enumerate(body) if head in text(each)), default=len(body) - 1)
    return replaced(case.module, function, inserted(case.module, function, f"{code}\n", last + 1))


def _renamed(case: Case, path: str) -> cst.Module | None:
    """Return the module with another name for an attribute that the framework keeps for itself."""
    owner, name = case.layer_class, path.partition("[")[0].removeprefix("self.")
    if owner is None or not name.isidentifier():
        return None
    own = m.Attribute(value=m.Name("self"), attr=m.Name(name))
    new = cst.parse_expression(f"self.own_{name.strip('_')}")
    return replaced(case.module, owner, cst.ensure_type(m.replace(owner, own, new), cst.ClassDef))


def _of_same_keras(case: Case, held: UntrackedLayer) -> cst.Module | None:
    """Return the module with the sub-layer from the Keras that the layer is of."""
    if held.framework in (case.facts.framework, "tf.Module"):
        return None
    statement = case.places.statement(case.line)
    name, package = case.names.known("keras.layers")
    pairs: list[tuple[cst.CSTNode, cst.CSTNode]] = []
    for call in case.places.inside(cst.Call, statement) if statement else ():
        meaning = case.names.meaning(call.func)
        if meaning.startswith("keras.layers."):
            kind = meaning.removeprefix("keras.layers.")
            pairs.append((call.func, cst.parse_expression(f"{name}.{kind}")))
    return with_import(all_replaced(case.module, pairs), package) if pairs else None


REMEDY = Remedy(codes=("LD102",), candidates=candidates)
