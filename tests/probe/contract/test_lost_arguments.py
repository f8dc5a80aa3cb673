"""Which arguments a config loses: when there is time to find out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from layerdoctor.probe.contract.config.lost_arguments import LostArguments
from layerdoctor.probe.contract.outcome import Skipped


def arguments(received: dict[str, Any]) -> LostArguments:
    """Return those of a layer that there is no time to run, given a rate of 1."""
    trip = SimpleNamespace(saved=(received, ""), loaded=(None, received))
    context: Any = SimpleNamespace(round_trip=trip, layer=None, has_time=lambda passes: False)
    return LostArguments(context, {"rate": 1})


def test_a_layer_that_is_too_slow_is_not_compared_with_its_twin() -> None:
    with pytest.raises(Skipped, match="too slow"):
        arguments({"rate": 2}).as_given()


def test_nothing_is_compared_where_all_arguments_come_back() -> None:
    assert arguments({"rate": 1}).as_given() == []
