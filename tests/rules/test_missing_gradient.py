"""A gradient that is missing: which rule tells of which cause."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Cause, Gradient, GradientStatus, Mode
from tests.rules.seeing import found, lost, only, with_gradient

NAMES: dict[Cause, str] = {
    "unused": "unused-weight",
    "cut": "cut-gradient",
    "left-tensorflow": "cut-gradient",
    "integer": "cut-gradient",
    "stopped": "stopped-gradient",
    "discarded": "discarded-result",
}


@pytest.mark.parametrize(("cause", "name"), NAMES.items())
def test_each_cause_has_its_rule(cause: Cause, name: str) -> None:
    facts = with_gradient(lost(cause))
    assert "`self.kernel`" in only(name, facts).message
    assert found(facts) == [name]


@pytest.mark.parametrize("cause", NAMES)
def test_a_weight_that_is_not_trained_needs_no_gradient(cause: Cause) -> None:
    assert found(with_gradient(lost(cause), trainable=False)) == []


@pytest.mark.parametrize("cause", NAMES)
def test_a_weight_that_is_used_in_one_mode_is_used(cause: Cause) -> None:
    modes: dict[Mode, GradientStatus] = {"training": "flows", "inference": "none"}
    assert found(with_gradient(lost(cause, modes=modes))) == []


@pytest.mark.parametrize("status", ["not-run", "not-applicable", "flows"])
def test_what_was_not_observed_is_not_told(status: GradientStatus) -> None:
    assert found(with_gradient(Gradient(status=status))) == []
