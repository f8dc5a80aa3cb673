"""What repeated calls leave behind."""

from __future__ import annotations

import pytest

from layerdoctor.facts import LayerFacts
from tests.probe.marked_layers import findings, observed_before_contract

MODULE = "growing"


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    return observed_before_contract(MODULE)


def test_more_calls_are_made_where_three_do_not_decide(seen: dict[str, LayerFacts]) -> None:
    growth = seen["SecondCall"].growth
    assert growth is not None
    assert growth.variables_per_call == (0, 2, 0, 2, 0, 2)
    messages = [finding.message for finding in findings(MODULE, seen["SecondCall"])]
    assert messages[-1].startswith("repeated calls make a new `Dense`")


def test_what_only_training_leaves_behind_is_seen(seen: dict[str, LayerFacts]) -> None:
    growth = seen["TrainHistory"].growth
    assert growth is not None
    assert [state.sizes for state in growth.state] == [(1, 2, 3)]
