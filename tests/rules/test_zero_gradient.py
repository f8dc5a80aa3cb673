"""LD204 zero-gradient: the gradient of a trainable weight is exactly zero and stays so."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.facts import Gradient
from tests.hand_made import at
from tests.rules.seeing import only, see, with_gradient


def test_a_zero_gradient_that_stays_is_told() -> None:
    facts = with_gradient(Gradient(status="zero", stuck=True, op="tf.sign", location=at(31)))
    problem = only("zero-gradient", facts)
    assert "is zero at `tf.sign` for every input tried" in problem.message
    assert problem.help is None


def test_a_bad_start_value_is_told_as_that() -> None:
    facts = with_gradient(Gradient(status="zero", stuck=True, other_start_revives=True))
    problem = only("zero-gradient", facts)
    assert "another start value would revive it" in problem.message
    assert problem.help is not None
    assert "initializer=" in problem.help


@pytest.mark.parametrize(
    "changes",
    [{"stuck": False}, {"stuck": None}, {"stuck": True, "modes": {"inference": "flows"}}],
)
def test_a_zero_gradient_that_may_revive_is_not_told(changes: dict[str, Any]) -> None:
    facts = with_gradient(Gradient(status="zero", **changes))
    assert see("zero-gradient", facts) == []


def test_factors_that_keep_each_other_at_zero_are_told_as_that() -> None:
    gradient = Gradient(status="zero", stuck=True, other_start_revives=True, held_by=("self.up",))
    problem = only("zero-gradient", with_gradient(gradient))
    assert "start at zero, and" in problem.message
    assert "another start value" not in problem.message
    assert problem.help is not None
    assert "only the last factor at zero" in problem.help
