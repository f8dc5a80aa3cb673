"""Which sub-layers are tracked, and what is known of each weight."""

from __future__ import annotations

import pytest

from layerdoctor.facts import LayerFacts
from tests.probe.marked_layers import observed_before_contract, observed_here

MODULE = "hidden_layers"


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    return observed_before_contract(MODULE)


def test_the_weights_of_models_inside_are_called_by_their_layers(
    seen: dict[str, LayerFacts],
) -> None:
    written = [weight.attribute for weight in seen["WithSeq"].weights if weight.name == "kernel"]
    assert written == [
        "self.mlp.layers[0].kernel",
        "self.mlp.layers[1].kernel",
        "self.fn.layers[1].kernel",
    ]


def test_weights_that_build_fills_in_for_none_carry_their_owner(
    seen: dict[str, LayerFacts],
) -> None:
    assert [(weight.attribute, weight.owner) for weight in seen["Normalized"].weights] == [
        ("self.bn.gamma", "self.bn"),
        ("self.bn.beta", "self.bn"),
        ("self.bn.moving_mean", "self.bn"),
        ("self.bn.moving_variance", "self.bn"),
    ]


def test_a_sublayer_that_runs_only_in_training_was_called(seen: dict[str, LayerFacts]) -> None:
    called = {weight.owner: weight.owner_called for weight in seen["GatedLate"].weights}
    assert called == {"self.main": True, "self.aux": True}
    assert {weight.owner_called for weight in seen["OldIdiom"].weights} == {True}


def test_what_holds_one_number_says_so_and_a_variable_the_one_it_starts_with() -> None:
    facts = observed_here("started", "Held")
    assert {item.name: item.filled for item in facts.constants} == {
        "self.scale": 1.0,
        "self.slope": None,
    }
    assert [item.filled for item in facts.untracked_variables] == [2.5]
