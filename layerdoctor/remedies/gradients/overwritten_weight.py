"""LD209: a weight that the optimizer moves or the layer, and not both."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.calls import text, with_keyword
from layerdoctor.remedies.editing.methods import method, replaced
from layerdoctor.remedies.editing.names import dotted
from layerdoctor.remedies.editing.statements import assignments, names_read, restated
from layerdoctor.remedies.gradients.frozen_weight import lines, making_calls


def candidates(case: Case) -> Iterator[cst.Module | None]:
    """Freeze state that inputs go into; hold by a constraint what is made of the weight alone."""
    calls = [call for line in lines(case) for call in making_calls(case, line)]
    assigning = _assigning(case)
    function = case.places.function_around(case.line)
    if len(calls) != 1 or assigning is None or function is None:
        return
    (call,) = calls
    if _comes_from_inputs(function, assigning):
        yield replaced(case.module, call, with_keyword(call, "trainable", "False"))
    else:
        yield _constrained(case, call, assigning)


def _assigning(case: Case) -> cst.Call | None:
    """Return the call on the finding's line that gives the weight another value."""
    statement = case.places.statement(case.line)
    for call in case.places.inside(cst.Call, statement) if statement else ():
        if dotted(call.func).startswith(f"{case.finding.subject}.assign"):
            return call
    return None


def _comes_from_inputs(function: cst.FunctionDef, assigning: cst.Call) -> bool:
    """Whether an input goes into what is assigned, or a number that is counted on."""
    if dotted(assigning.func).endswith(("assign_add", "assign_sub")):
        return True
    inputs = {each.name.value for each in function.params.params[1:]} - {"training"}
    seen = {name for arg in assigning.args for name in names_read(arg.value)}
    values = [(name, names_read(value)) for _, name, value in assignments(function)]
    for _ in values:
        seen |= {each for name, read in values if name in seen for each in read}
    return bool(seen & inputs)


def _constrained(case: Case, call: cst.Call, assigning: cst.Call) -> cst.Module | None:
    """``constraint=lambda w: ...`` where the weight is made, in place of the assignment."""
    statement = case.places.around(assigning, cst.SimpleStatementLine)
    owner = case.enclosing_class
    is_weight = dotted(call.func).endswith(".add_weight")
    if statement is None or owner is None or not is_weight or len(assigning.args) != 1:
        return None
    attribute = dotted(assigning.func).rpartition(".")[0]
    name = attribute.removeprefix("self.")
    value = assigning.args[0].value
    weight = m.Attribute(m.Name("self"), m.Name(name))
    for each in (m.Attribute(weight, m.Name("value")), weight):
        new = m.replace(value, each, cst.Name(name))
        assert isinstance(new, cst.BaseExpression)
        value = new
    call_method = method(owner, "call")
    own = {each for _, each, _ in assignments(call_method)} if call_method else set()
    if names_read(value) & own - {name} or "self" in names_read(value):
        return None
    constraint = f"lambda {name}: {text(value)}"
    return restated(
        case.module, [(statement, []), (call, [with_keyword(call, "constraint", constraint)])]
    )


REMEDY = Remedy(codes=("LD209",), candidates=candidates, outputs="changed")
