"""LD509 ignored-freeze: `layer.trainable = False` leaves trainable weights."""

from __future__ import annotations

from layerdoctor.facts import Breach, Check
from tests.hand_made import at
from tests.rules.seeing import broken, only


def test_all_weights_that_stay_trainable_are_one_finding() -> None:
    ignored = tuple(Breach(kind="ignored", subject=f"self.{name}") for name in ("kernel", "bias"))
    facts = broken(Check(name="freeze", status="failed", breaches=ignored))
    assert only("ignored-freeze", facts).message == (
        "`layer.trainable = False` leaves `self.kernel` and `self.bias` trainable"
    )


def test_what_the_call_makes_trainable_again_is_told_on_its_line() -> None:
    again = tuple(
        Breach(kind="unfrozen", subject=f"self.{name}", location=at(9))
        for name in ("kernel", "bias")
    )
    facts = broken(Check(name="freeze", status="failed", breaches=again))
    problem = only("ignored-freeze", facts)
    assert problem.message.endswith("the call makes `self.kernel` and `self.bias` trainable again")
    assert problem.at == at(9)
