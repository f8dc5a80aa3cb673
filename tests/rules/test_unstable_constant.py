"""LD103 unstable-constant: a hidden constant is drawn anew at every construction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hand_made import constant, layer
from tests.rules.seeing import breach, found, only, see


def test_a_random_constant_is_told_once() -> None:
    lost = (breach("state", "lost", difference=2.0),)
    facts = layer(constants=(constant(stable=False),), checks=lost)
    problem = only("unstable-constant", facts)
    assert "(float32 NumPy array of shape (5, 4), 80 bytes)" in problem.message
    assert found(facts) == ["unstable-constant"]


@pytest.mark.parametrize(
    "changes",
    [{"stable": None}, {"given": True}, {"used": False}, {"used": None}],
)
def test_a_constant_that_may_differ_is_not_unstable(changes: dict[str, Any]) -> None:
    facts = layer(constants=(constant(**{"stable": False, **changes}),))
    assert see("unstable-constant", facts) == []


def test_what_another_process_makes_anew_is_told_as_that() -> None:
    facts = layer(constants=(constant(stable=False, differs_between="processes"),))
    problem = only("unstable-constant", facts)
    assert "differs between two processes" in problem.message
    assert problem.help is not None
    assert "when the module is imported" in problem.help
