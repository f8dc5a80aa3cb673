"""LD502 lossy-state: after a save and a load the same input gives another output."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerdoctor.facts import BreachKind, ModelKind
from tests.hand_made import at, layer, untracked, weight
from tests.rules.seeing import breach, broken, found, only, raised, see


def test_weights_that_one_line_loses_are_one_finding() -> None:
    facts = broken(
        *(
            breach("state", "lost", subject=f"self.{name}", difference=0.5, location=at(30))
            for name in ("scale", "shift")
        ),
        breach("state", "lost", subject="self.table", difference=0.5, location=at(40)),
    )
    assert [problem.message for problem in see("lossy-state", facts)] == [
        "`self.scale` and `self.shift` do not come back after a save and a load, "
        "and the output differs by up to 0.5",
        "`self.table` does not come back after a save and a load, "
        "and the output differs by up to 0.5",
    ]


def test_lost_state_is_named_with_the_difference() -> None:
    facts = broken(breach("state", "lost", subject="self.shift", difference=0.0421))
    assert only("lossy-state", facts).message == (
        "`self.shift` does not come back after a save and a load, and the output differs by up "
        "to 0.0421"
    )


def test_a_difference_without_a_name_is_told_if_nothing_explains_it() -> None:
    lost = breach("state", "lost", difference=0.5)
    assert "the output differs by up to 0.5" in only("lossy-state", broken(lost)).message
    assert see("lossy-state", layer(untracked_variables=(untracked(),), checks=(lost,))) == []


def test_other_lost_state_beside_an_untracked_variable_is_still_told() -> None:
    lost = breach("state", "lost", subject="self.shift")
    facts = layer(untracked_variables=(untracked(),), checks=(lost,))
    assert found(facts) == ["lossy-state", "untracked-variable"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unsaved", "saving a subclassed model around it raises ValueError"),
        ("unloadable", "loading a subclassed model around it raises ValueError"),
        ("uncallable", "loaded in a subclassed model around it, the layer raises ValueError"),
    ],
)
def test_what_saving_and_loading_raise_is_told(kind: BreachKind, words: str) -> None:
    broke = breach("state", kind, model="subclassed", failure=raised(exception="ValueError"))
    assert words in only("lossy-state", broken(broke)).message


def test_a_build_that_fails_on_loading_is_told_what_it_is_given() -> None:
    failure = replace(raised(), traceback="layer.py, line 491, in build_from_config")
    refused = breach("state", "unloadable", model="functional", failure=failure)
    assert "tuple(input_shape)" in (only("lossy-state", broken(refused)).help or "")


def test_loading_that_raises_for_the_config_is_told_once() -> None:
    dropped = breach("config", "dropped", subject="units", expected="2", received="1")
    unloadable = breach("state", "unloadable", model="functional", failure=raised())
    assert found(broken(dropped, unloadable)) == ["lossy-config"]


def test_a_tensor_that_a_trace_leaves_explains_no_model_that_cannot_be_loaded() -> None:
    kept = breach("graph", "leaked", subject="self.weights_seen")
    unloadable = breach("state", "unloadable", model="functional", failure=raised())
    assert "lossy-state" in found(broken(kept, unloadable))
    assert "lossy-state" not in found(broken(kept, breach("state", "lost", model="functional")))


def test_what_no_weight_holds_is_to_be_put_in_order() -> None:
    lost = breach("state", "lost", subject="self.index['eps']", difference=0.5)
    assert "`sorted(names)`" in (only("lossy-state", broken(lost)).help or "")


def test_sublayers_that_are_not_saved_are_to_be_held_elsewhere() -> None:
    held = weight("kernel", attribute="self.parts[0].kernel", owner="self.parts[0]")
    lost = breach("state", "lost", subject="self.parts[0].kernel", difference=0.5)
    problem = only("lossy-state", layer(weights=(held,), checks=(lost,)))
    assert "what is in a set is not saved" in (problem.help or "")


def test_a_weight_that_a_layer_s_own_saving_leaves_out_is_told_of_that() -> None:
    lost = breach("state", "lost", subject="self.shift", difference=0.5)
    facts = layer(weights=(weight("shift", attribute="self.shift"),), checks=(lost,))
    assert only("lossy-state", facts).help is None


def test_a_sublayer_that_the_first_call_builds_is_to_be_built_in_build() -> None:
    late = weight(attribute="self.head.kernel", owner="self.head", created_in="call")
    lost = breach("state", "lost", subject="self.head.kernel", difference=0.5)
    facts = layer(weights=(late,), checks=(lost,))
    assert "build the sub-layer in `build`" in (only("lossy-state", facts).help or "")


def test_a_sublayer_that_build_builds_is_to_be_built_under_its_name() -> None:
    unsaved = breach(
        "state",
        "unsaved",
        subject="self.head.bias",
        received="bias:0",
        format=".h5",
        model="functional",
        failure=raised(message="name already exists"),
    )
    assert "`with tf.name_scope(self.head.name)" in (
        only("lossy-state", broken(unsaved)).help or ""
    )


@pytest.mark.parametrize(
    ("builds_itself", "told"),
    [(False, False), (True, True)],
)
def test_what_keras_cannot_build_by_a_call_in_a_graph_follows_from_that(
    builds_itself: bool, told: bool
) -> None:
    late = weight(attribute="self.head.kernel", owner="self.head", created_in="call")
    checks = (
        breach("state", "lost", subject="self.head.kernel"),
        breach("graph", "eager-only", failure=raised(exception="TypeError")),
    )
    facts = layer(weights=(late,), checks=checks, builds_itself=builds_itself)
    assert ("lossy-state" in found(facts)) is told


def test_a_default_that_is_changed_is_told_with_what_is_written_there() -> None:
    lost = breach("state", "lost", subject="stack", expected="[]", difference=0.5)
    problem = only("lossy-state", layer(checks=(lost,)))
    assert problem.message == (
        "after a save and a load the output differs by up to 0.5: the default of `stack`, `[]`, is "
        "one object for every layer, and is changed"
    )
    assert "take None as the default of `stack`" in (problem.help or "")


@pytest.mark.parametrize(("model", "told"), [("subclassed", False), ("functional", True)])
def test_what_a_graph_cannot_build_no_load_of_a_subclassed_model_builds(
    model: ModelKind, told: bool
) -> None:
    failing = replace(raised(), traceback=f"line {at(8).line}, in build\n    float(x)\n")
    checks = (
        breach("training", "subclassed-fit", failure=replace(failing, location=at(8))),
        breach("state", "unloadable", model=model, failure=raised(exception="KeyError")),
    )
    assert ("lossy-state" in found(layer(checks=checks))) is told
