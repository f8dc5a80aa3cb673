"""Where a lost argument and a wrong promise point: at the line that the author has to change."""

from __future__ import annotations

import pytest

from layerdoctor.facts import LayerFacts
from tests.probe.observing import breach, line, observe_checks, target

MODULE = "promises"
RATE = {"args": {"rate": 0.25}}
CONFIGS = {
    "Updates": "dropped",
    "Assigns": "dropped",
    "Joins": "dropped",
    "Halves": "changed",
    "DoublesIn": "changed",
    "HalvesBack": "changed",
    "TakesNoMore": "refused",
    "KeepsArray": "refused",
}
SHAPES = ("OneReturn", "TwoReturns")


@pytest.fixture(scope="module")
def observed() -> dict[str, LayerFacts]:
    targets = [
        *(target(MODULE, name, **RATE) for name in CONFIGS),
        target(MODULE, "Inherits", args={"offset": 0.25}),
        *(target(MODULE, name) for name in SHAPES),
    ]
    return observe_checks(targets, "config", "output_shape")


@pytest.mark.parametrize("name", CONFIGS)
def test_what_is_lost_on_the_way(observed: dict[str, LayerFacts], name: str) -> None:
    found = breach(observed[name], "config")
    assert found.kind == CONFIGS[name]
    assert found.location is not None
    assert found.location.line == line(MODULE, name)


def test_a_config_that_was_written_for_the_base_class(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["Inherits"], "config")
    assert (found.kind, found.subject) == ("dropped", "offset")
    assert found.location is not None
    assert found.location.line == line(MODULE, "Inherits")


@pytest.mark.parametrize("name", SHAPES)
def test_the_promise_itself(observed: dict[str, LayerFacts], name: str) -> None:
    found = breach(observed[name], "output_shape")
    assert found.location is not None
    assert found.location.line == line(MODULE, name)
