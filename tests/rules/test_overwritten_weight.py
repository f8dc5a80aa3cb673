"""LD209 overwritten-weight: the forward pass assigns a trainable weight."""

from __future__ import annotations

from tests.hand_made import at, layer, weight
from tests.rules.seeing import found, lost, only, with_gradient


def test_an_assigned_weight_explains_its_missing_gradient() -> None:
    facts = with_gradient(lost("unused"), assigned_at=at(31))
    assert only("overwritten-weight", facts).at == at(31)
    assert found(facts) == ["overwritten-weight"]


def test_assigning_what_is_not_trained_is_fine() -> None:
    assert found(layer(weights=(weight(trainable=False, assigned_at=at(31)),))) == []
