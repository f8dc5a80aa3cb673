"""LD508 dropped-mask: an incoming Keras mask is lost although the time axis is kept."""

from __future__ import annotations

from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only


def test_a_dropped_mask_points_at_the_class() -> None:
    facts = broken(breach("mask", "dropped"))
    assert only("dropped-mask", facts).at == at(8)
    assert found(facts) == ["dropped-mask"]
