"""LD302 growing-state: every call keeps more tensors or objects on the layer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerdoctor.facts import GrowingState, Growth, Kept, LayerFacts
from tests.hand_made import at, layer
from tests.rules.seeing import breach, found, only, raised, see


def kept(sizes: tuple[int, ...], kind: Kept = "tensors", leaks: bool = False) -> LayerFacts:
    state = GrowingState(
        attribute="self.history", kind=kind, sizes=sizes, location=at(30), leaks=leaks
    )
    growth = Growth(
        calls=3, variables_per_call=(1, 0, 0), tracked_per_call=(1, 1, 1), state=(state,)
    )
    return layer(growth=growth, checks=(breach("graph", "leaked", subject="self.history"),))


def test_a_list_that_only_grows_shows_its_sizes_and_explains_its_leak() -> None:
    facts = kept((1, 2, 3), leaks=True)
    assert "keeps more tensors in `self.history`: 1, 2, 3" in only("growing-state", facts).message
    assert found(facts) == ["growing-state"]


@pytest.mark.parametrize("sizes", [(1, 2, 2), (3, 3, 3), (4,)])
def test_a_bounded_container_is_no_growth(sizes: tuple[int, ...]) -> None:
    assert see("growing-state", kept(sizes)) == []


def test_a_growing_list_does_not_hide_that_a_later_call_raises() -> None:
    leak = breach("graph", "leaked", subject="self.history[0]", failure=raised(line=40))
    facts = kept((1, 2, 3), leaks=True)
    assert found(replace(facts, checks=(leak,))) == ["growing-state", "leaked-tensor"]
