"""LD509 ignored-freeze: `layer.trainable = False` leaves trainable weights."""

from __future__ import annotations

from layerdoctor.facts import Breach, Check
from tests.rules.seeing import broken, only


def test_all_weights_that_stay_trainable_are_one_finding() -> None:
    ignored = tuple(Breach(kind="ignored", subject=f"self.{name}") for name in ("kernel", "bias"))
    facts = broken(Check(name="freeze", status="failed", breaches=ignored))
    assert only("ignored-freeze", facts).message == (
        "`layer.trainable = False` leaves `self.kernel` and `self.bias` trainable"
    )
