"""LD102 untracked-layer: a sub-layer with weights is called and not tracked."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.rule import Severity
from tests.hand_made import hidden_layer, layer, untracked
from tests.rules.seeing import breach, found, only, see


def test_a_hidden_sublayer_explains_its_variables_and_their_loss() -> None:
    inside = untracked("kernel", attribute="self.helper.dense.kernel", holder="layer")
    lost = (breach("state", "lost", difference=0.5),)
    facts = layer(untracked_layers=(hidden_layer(),), untracked_variables=(inside,), checks=lost)
    problem = only("untracked-layer", facts)
    assert "its 2 weights are neither trained nor saved" in problem.message
    assert found(facts) == ["untracked-layer"]


@pytest.mark.parametrize("changes", [{"weights": 0}, {"called": False}])
def test_a_sublayer_without_weights_or_never_called_is_left_alone(
    changes: dict[str, Any],
) -> None:
    assert see("untracked-layer", layer(untracked_layers=(hidden_layer(**changes),))) == []


def test_a_layer_of_the_other_keras_is_named_as_such() -> None:
    stranger = hidden_layer("self.project", framework="tf_keras")
    problem = only("untracked-layer", layer(untracked_layers=(stranger,)))
    assert "is a Keras 2 `Dense` that Keras 3 does not track" in problem.message
    assert problem.help == "use `keras.layers.Dense`"


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"frozen": True, "given": True}, Severity.NOTE),
        ({"frozen": True, "holder": "global"}, Severity.NOTE),
        ({"frozen": True}, None),
        ({"given": True}, None),
    ],
)
def test_a_frozen_layer_from_elsewhere_is_a_note(
    changes: dict[str, Any], severity: Severity | None
) -> None:
    facts = layer(untracked_layers=(hidden_layer(**changes),))
    assert only("untracked-layer", facts).severity is severity


def test_a_layer_under_a_reserved_name_is_lost_on_reloading() -> None:
    facts = layer(untracked_layers=(hidden_layer("self._layers[0]", reserved=True),))
    problem = only("untracked-layer", facts)
    assert "under a name that Keras 3 uses itself and does not save" in problem.message
    assert problem.help is not None
    assert "another name" in problem.help


def test_a_sublayer_that_no_name_leads_to_is_one_finding_with_its_variables() -> None:
    made = [
        untracked(name, attribute=name, holder="global", made_by="Dense")
        for name in ("kernel", "bias")
    ]
    facts = layer(untracked_variables=tuple(made))
    assert only("untracked-layer", facts).message == (
        "no attribute leads to a `Dense` that is used: `kernel` and `bias` are neither trained "
        "nor saved"
    )
    assert found(facts) == ["untracked-layer"]
