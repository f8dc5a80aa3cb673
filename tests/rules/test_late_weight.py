"""LD107 late-weight: weights exist only after the first call, although `build` ran."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Weight
from layerdoctor.rule import Severity
from tests.hand_made import at, layer, weight
from tests.rules.seeing import breach, found, only, raised, see


def late(owner: str, *names: str) -> tuple[Weight, ...]:
    return tuple(
        weight(name, attribute=f"{owner}.{name}", owner=owner, created_in="call") for name in names
    )


def test_what_one_build_forgets_is_one_finding() -> None:
    weights = (weight("gate"), *late("self.branch", "kernel", "bias"), *late("self.out", "kernel"))
    problem = only("late-weight", layer(weights=weights))
    assert problem.subject == "self.branch"
    assert problem.message == (
        "`self.branch` and `self.out` exist only after the first call, although `build` ran"
    )
    assert problem.severity is Severity.NOTE
    assert problem.help == (
        "build `self.branch` and `self.out` in `build`, with the shape of their inputs in the "
        "first call"
    )


def test_what_is_to_be_built_is_what_the_layer_itself_holds() -> None:
    weights = (*late("self.att._query_dense", "kernel"), *late("self.att._key_dense", "kernel"))
    problem = only("late-weight", layer(weights=weights))
    assert problem.subject == "self.att"
    assert problem.help == (
        "build `self.att` in `build`, with the shape of its input in the first call"
    )


def test_loading_that_raises_for_it_is_an_error() -> None:
    harm = breach(
        "state",
        "unbuilt",
        subject="self.branch",
        op="compute_output_shape",
        model="functional",
        failure=raised(exception="ValueError", message="Layer 'dense' was never built"),
        location=at(40),
    )
    facts = layer(weights=late("self.branch", "kernel"), checks=(harm,))
    problem = only("late-weight", facts)
    assert problem.severity is Severity.ERROR
    assert problem.at == at(40)
    assert problem.message == (
        "`self.branch` exists only after the first call, so that loading a saved functional model "
        "raises ValueError: Layer 'dense' was never built; `compute_output_shape` keeps Keras from "
        "calling it before"
    )
    assert found(facts) == ["late-weight"]


def test_loading_that_leaves_it_out_is_an_error() -> None:
    harm = breach("state", "unbuilt", subject="self.branch", model="itself", difference=0.5)
    problem = only("late-weight", layer(weights=late("self.branch", "kernel"), checks=(harm,)))
    assert problem.severity is Severity.ERROR
    assert "loading a saved model leaves it at its start values" in problem.message


@pytest.mark.parametrize("builds_itself", [False, None])
def test_a_layer_that_keras_builds_has_no_late_weights(builds_itself: bool | None) -> None:
    facts = layer(weights=(weight(created_in="call"),), builds_itself=builds_itself)
    assert see("late-weight", facts) == []


def test_several_keep_their_start_values() -> None:
    weights = (*late("self.branch", "kernel"), *late("self.out", "kernel"))
    facts = layer(weights=weights, checks=(breach("state", "unbuilt", model="subclassed"),))
    assert "leaves them at their start values" in only("late-weight", facts).message


def test_all_that_a_layer_without_a_build_leaves_unbuilt_is_named() -> None:
    owners = ("self.left", "self.parts[0]", "self.parts[1]")
    harm = breach(
        "state",
        "unbuilt",
        subject="self.left",
        subjects=owners,
        op="compute_output_shape",
        model="functional",
    )
    problem = only("late-weight", layer(builds_itself=False, checks=(harm,)))
    assert problem.message.startswith("`self.left` and `self.parts` exist only after the first")
    assert "add a `build` that builds `self.left` and `self.parts`, or" in (problem.help or "")
