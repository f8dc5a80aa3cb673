"""LD301 growing-variables: every call makes new variables or sub-layers."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.facts import Gradient, Growth, LayerFacts, NewVariable
from tests.hand_made import at, hidden_layer, layer, untracked, weight
from tests.rules.seeing import breach, found, only, raised, see


def grown(per_call: tuple[int, ...], *made: NewVariable, **changes: Any) -> LayerFacts:
    growth = Growth(
        calls=len(per_call),
        variables_per_call=per_call,
        tracked_per_call=per_call,
        new_variables=made,
    )
    return layer(growth=growth, **changes)


def made(call: int, name: str, line: int = 30, sublayer: str | None = None) -> NewVariable:
    return NewVariable(name=name, call=call, location=at(line), sublayer=sublayer)


DENSE = tuple(
    made(call, f"dense_{call}/{name}", sublayer="Dense")
    for call in (1, 2, 3)
    for name in ("kernel", "bias")
)


def test_a_sublayer_made_by_every_call_is_named_with_its_line() -> None:
    problem = only("growing-variables", grown((2, 2, 2), *DENSE))
    assert problem.message == (
        "every call makes a new `Dense` with 2 new variables; the 3 calls made 2, 2, 2 in all"
    )
    assert problem.at == at(30)
    assert problem.help is not None
    assert "`Dense` once, in `__init__`" in problem.help


def test_two_lines_are_two_findings() -> None:
    facts = grown((2, 2), made(2, "Variable:0"), made(2, "Variable:0", line=31))
    assert [problem.at for problem in see("growing-variables", facts)] == [at(30), at(31)]


@pytest.mark.parametrize("per_call", [(3, 0, 0), (3,), (3, 1, 0)])
def test_variables_made_once_are_no_growth(per_call: tuple[int, ...]) -> None:
    assert see("growing-variables", grown(per_call, made(1, "kernel"))) == []


def test_growth_explains_what_follows_from_it() -> None:
    facts = grown(
        (2, 2, 2),
        *DENSE,
        weights=(weight(created_in="call"),),
        untracked_variables=(untracked(holder="call", created_in="call"),),
        untracked_layers=(hidden_layer(holder="call"),),
        checks=(
            breach("graph", "eager-only", failure=raised()),
            breach("symbolic", "raised", failure=raised()),
            breach("determinism", "differs", difference=0.2),
            breach("state", "lost", difference=0.2),
        ),
    )
    assert found(facts) == ["growing-variables"]


def test_what_growth_does_not_explain_stays_a_finding_beside_it() -> None:
    elsewhere = raised(line=20)
    unread = weight("offset", gradient=Gradient(status="none", cause="unused"))
    facts = grown(
        (3, 2, 2),
        *DENSE,
        weights=(unread,),
        checks=(
            breach("graph", "eager-only", failure=elsewhere),
            breach("determinism", "differs", difference=0.2, op="RandomStandardNormal"),
            breach("state", "lost", difference=0.2, subject="self.scale"),
        ),
    )
    assert found(facts) == [
        "eager-only",
        "growing-variables",
        "lossy-state",
        "nondeterministic-inference",
        "unused-weight",
    ]


@pytest.mark.parametrize(
    "frozen", [{"subject": "self.count"}, {"op": "np.random", "location": at(24)}]
)
def test_a_frozen_value_stays_a_finding_beside_growth(frozen: dict[str, Any]) -> None:
    facts = grown((2, 2, 2), *DENSE, checks=(breach("graph", "mismatch", **frozen),))
    assert "graph-mismatch" in found(facts)


def test_a_mismatch_of_unknown_cause_follows_from_growth() -> None:
    mismatch = breach("graph", "mismatch", difference=0.2, location=at(20))
    assert found(grown((2, 2, 2), *DENSE, checks=(mismatch,))) == ["growing-variables"]


def test_a_symbolic_error_on_another_line_stays_a_finding_beside_growth() -> None:
    facts = grown(
        (2, 2, 2), *DENSE, checks=(breach("symbolic", "raised", failure=raised(line=20)),)
    )
    assert found(facts) == ["growing-variables", "symbolic-error"]


def test_an_untracked_variable_of_the_constructor_stays_a_finding_beside_growth() -> None:
    facts = grown((2, 2, 2), *DENSE, untracked_variables=(untracked(),))
    assert found(facts) == ["growing-variables", "untracked-variable"]
