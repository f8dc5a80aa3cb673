"""LD201 unused-weight: a trainable weight is never read by the forward pass."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.facts import IdleLayer
from layerdoctor.rule import Severity
from tests.hand_made import at, layer, weight
from tests.rules.seeing import lost, only


def test_what_is_left_of_a_layer_that_is_shared_is_a_note() -> None:
    tied = [
        weight(
            name,
            attribute=f"self.encoder.{name}",
            owner="self.encoder",
            owner_called=False,
            given=True,
            **gradient,
        )
        for name, gradient in (("kernel", {}), ("bias", {"gradient": lost("unused")}))
    ]
    problem = only("unused-weight", layer(weights=tuple(tied)))
    assert (problem.subject, problem.severity) == ("self.encoder", Severity.NOTE)
    assert problem.message.startswith("`self.encoder.bias` is never read")


def test_a_sublayer_that_is_never_called_is_one_finding() -> None:
    idle = tuple(
        weight(
            name,
            attribute=f"self.head.{name}",
            owner="self.head",
            owner_called=False,
            gradient=lost("unused"),
        )
        for name in ("kernel", "bias")
    )
    problem = only("unused-weight", layer(weights=idle))
    assert problem.subject == "self.head"
    assert problem.message == (
        "the sub-layer `self.head` is never called, so its 2 trainable weights `kernel` and "
        "`bias` are never read"
    )


def idle(attribute: str, *called_beside: str) -> IdleLayer:
    return IdleLayer(
        attribute=attribute, class_name="Dense", location=at(9), called_beside=called_beside
    )


def test_a_sublayer_that_is_never_called_nor_built_is_a_note() -> None:
    problem = only("unused-weight", layer(idle_layers=(idle("self.value"),)))
    assert problem.severity is Severity.NOTE
    assert problem.message == "`self.value` is never called: it is never built, and has no weights"


def test_those_beside_one_that_is_called_are_a_mistake() -> None:
    layers = tuple(idle(f"self.steps[{index}]", "self.steps[2]") for index in range(2))
    problem = only("unused-weight", layer(idle_layers=layers))
    assert problem.severity is None
    assert problem.message == (
        "`self.steps[0]` and `self.steps[1]` are never called, though `self.steps[2]` is: they "
        "are never built, and have no weights"
    )


def test_those_that_a_method_may_call_another_time_are_a_note() -> None:
    waiting = replace(idle("self.heads[2]", "self.heads[0]"), named=True)
    problem = only("unused-weight", layer(idle_layers=(waiting,)))
    assert problem.severity is Severity.NOTE
    assert "though `self.heads[0]` is" in problem.message
