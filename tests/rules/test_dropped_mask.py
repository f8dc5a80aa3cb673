"""LD508 dropped-mask: an incoming Keras mask is lost although the time axis is kept."""

from __future__ import annotations

from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only


def test_a_dropped_mask_points_at_the_class() -> None:
    facts = broken(breach("mask", "dropped"))
    assert only("dropped-mask", facts).at == at(8)
    assert found(facts) == ["dropped-mask"]


def test_what_the_base_class_resets_is_to_be_set_behind_it() -> None:
    facts = broken(breach("mask", "dropped", attribute="supports_masking", location=at(12)))
    problem = only("dropped-mask", facts)
    assert problem.at == at(12)
    assert "after `super().__init__(...)`" in (problem.help or "")
