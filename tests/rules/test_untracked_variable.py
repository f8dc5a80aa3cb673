"""LD101 untracked-variable: a variable that the layer uses or holds is none of its weights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerdoctor.rule import Severity
from tests.hand_made import hidden_layer, layer, untracked, weight
from tests.rules.seeing import breach, found, only, see


def test_an_untracked_variable_is_named_with_what_it_costs() -> None:
    facts = layer(untracked_variables=(untracked(),))
    problem = only("untracked-variable", facts)
    assert problem.subject == "self.hid"
    assert problem.message == (
        "`self.hid` is a tf.Variable that Keras 3 does not track, "
        "so it is neither trained nor saved"
    )
    assert problem.help is not None
    assert problem.help.startswith(
        'create it with `self.hid = self.add_weight(name="hid", shape=(4,)'
    )


def test_an_untracked_counter_is_only_not_saved() -> None:
    facts = layer(untracked_variables=(untracked(trainable=False),))
    assert only("untracked-variable", facts).message.endswith("so it is not saved")


def test_the_variables_of_one_list_are_one_finding() -> None:
    gains = tuple(untracked(f"gain_{i}", attribute=f"self.gains[{i}]") for i in range(3))
    problem = only("untracked-variable", layer(untracked_variables=gains))
    assert problem.subject == "self.gains"
    assert "holds 3 tf.Variables" in problem.message


def test_a_variable_from_the_caller_is_a_note() -> None:
    facts = layer(untracked_variables=(untracked(given=True),))
    assert only("untracked-variable", facts).severity is Severity.NOTE


@pytest.mark.parametrize("holder", ["closure", "global"])
def test_a_global_that_the_forward_pass_never_reads_is_no_part_of_the_layer(holder: str) -> None:
    facts = layer(untracked_variables=(untracked(holder=holder, used=False),))
    assert see("untracked-variable", facts) == []


def test_an_untracked_variable_explains_the_lost_state() -> None:
    lost = (breach("state", "lost", subject="self.hid", difference=0.5),)
    facts = layer(untracked_variables=(untracked(),), checks=lost)
    assert found(facts) == ["untracked-variable"]


def test_the_weights_of_a_frozen_layer_from_elsewhere_are_no_lost_variables() -> None:
    frozen = hidden_layer("BASE", frozen=True, holder="global")
    inside = untracked("kernel", attribute="BASE.kernel", holder="layer", trainable=False)
    facts = layer(untracked_layers=(frozen,), untracked_variables=(inside,))
    assert see("untracked-variable", facts) == []


@pytest.mark.parametrize(
    ("filled", "code"),
    [
        (1.0, 'self.add_weight(name="hid", shape=(4,), initializer="ones")`'),
        (0.5, 'name="hid", shape=(4,), initializer=keras.initializers.Constant(0.5))`'),
        (
            None,
            "initializer=keras.initializers.Constant(hid))`, with the values it has now in `hid`",
        ),
    ],
)
def test_the_weight_proposed_starts_as_the_variable_does(filled: float | None, code: str) -> None:
    facts = layer(untracked_variables=(replace(untracked(), filled=filled),))
    assert (only("untracked-variable", facts).help or "").endswith(code)


@pytest.mark.parametrize("owner", ["self.spline", "self.spline.dense"])
def test_a_variable_in_a_sublayer_is_made_by_that(owner: str) -> None:
    inside = untracked(attribute="self.spline.grid")
    facts = layer(
        weights=(weight(attribute=f"{owner}.kernel", owner=owner),),
        untracked_variables=(inside,),
    )
    help_ = only("untracked-variable", facts).help or ""
    assert help_.startswith('create it with `self.grid = self.add_weight(name="grid"')
