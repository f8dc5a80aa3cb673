"""LD201 unused-weight: a trainable weight is never read by the forward pass."""

from __future__ import annotations

from layerdoctor.rule import Severity
from tests.hand_made import layer, weight
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
