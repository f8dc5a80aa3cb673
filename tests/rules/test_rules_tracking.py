"""LD1: what the framework does and does not know of."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.facts import Gradient
from layerdoctor.rule import Severity
from tests.hand_made import at, constant, hidden_layer, layer, untracked, weight
from tests.rules.seeing import breach, found, only, see

MIB = 2**20


def test_an_untracked_variable_is_named_with_what_it_costs() -> None:
    facts = layer(untracked_variables=(untracked(),))
    problem = only("untracked-variable", facts)
    assert problem.subject == "self.hid"
    assert problem.message == (
        "`self.hid` is a tf.Variable that Keras 3 does not track, "
        "so it is neither trained nor saved"
    )
    assert problem.help is not None
    assert 'self.hid = self.add_weight(name="hid", shape=(4,))' in problem.help


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


def test_a_random_constant_is_told_once() -> None:
    lost = (breach("state", "lost", difference=2.0),)
    facts = layer(constants=(constant(stable=False),), checks=lost)
    problem = only("unstable-constant", facts)
    assert "(float32 NumPy array of shape (5, 4), 80 bytes)" in problem.message
    assert found(facts) == ["unstable-constant"]


@pytest.mark.parametrize(
    "changes",
    [{"stable": None}, {"given": True}, {"used": False}, {"used": None}],
)
def test_a_constant_that_may_differ_is_not_unstable(changes: dict[str, Any]) -> None:
    facts = layer(constants=(constant(**{"stable": False, **changes}),))
    assert see("unstable-constant", facts) == []


def test_a_hidden_constant_says_whether_it_could_be_trained() -> None:
    assert (
        "a gradient would reach it"
        in only("hidden-constant", layer(constants=(constant(),))).message
    )
    cut = constant(gradient=Gradient(status="none", cause="cut"))
    assert "no gradient would reach it" in only("hidden-constant", layer(constants=(cut,))).message


@pytest.mark.parametrize(
    "changes",
    [
        {"used": False},
        {"used": None},
        {"shape": (2,), "dtype": "int32"},
        {"shape": (), "created_in": "call", "holder": "inline"},
        {"shape": (7,), "created_in": "call"},
    ],
)
def test_shapes_axes_and_a_few_numbers_are_no_hidden_constants(changes: dict[str, Any]) -> None:
    assert see("hidden-constant", layer(constants=(constant(**changes),))) == []


@pytest.mark.parametrize(
    ("size", "kind", "says"),
    [
        (17 * MIB, "ndarray", "17 MiB) is copied into every traced graph"),
        (2048 * MIB, "tensor", "2 GiB) is copied into every exported model"),
    ],
)
def test_an_oversized_constant_is_no_mere_hidden_one(size: int, kind: str, says: str) -> None:
    facts = layer(constants=(constant(bytes=size, kind=kind),))
    assert says in only("oversized-constant", facts).message
    assert found(facts) == ["oversized-constant"]


@pytest.mark.parametrize("changes", [{"bytes": 16 * MIB}, {"created_in": "call"}, {"used": False}])
def test_a_constant_of_16_mib_and_a_kept_activation_are_not_oversized(
    changes: dict[str, Any],
) -> None:
    facts = layer(constants=(constant(**{"bytes": 99 * MIB, **changes}),))
    assert see("oversized-constant", facts) == []


def test_a_stale_tensor_explains_what_becomes_of_its_weight() -> None:
    starved = weight(gradient=Gradient(status="none", cause="unused"))
    stale = constant("self.unit", derived_from=("self.kernel",), stable=False, created_in="build")
    leaked = breach("graph", "leaked", subject="self.unit", location=at(14))
    lost = breach("state", "lost", subject="self.unit")
    facts = layer(weights=(starved,), constants=(stale,), checks=(leaked, lost))
    problem = only("stale-tensor", facts)
    assert "`self.unit` is computed once from `self.kernel` in `build`" in problem.message
    assert found(facts) == ["stale-tensor"]


def test_another_weight_beside_a_stale_tensor_is_still_told() -> None:
    stale = constant("self.unit", derived_from=("self.kernel",))
    bias = weight("bias", gradient=Gradient(status="none", cause="unused"))
    facts = layer(weights=(weight(), bias), constants=(stale,))
    assert found(facts) == ["stale-tensor", "unused-weight"]


@pytest.mark.parametrize("changes", [{"created_in": "call", "used": None}, {"used": False}])
def test_what_call_computes_from_weights_is_not_stale(changes: dict[str, Any]) -> None:
    kept = constant("self.unit", derived_from=("self.kernel",), **changes)
    assert see("stale-tensor", layer(constants=(kept,))) == []


def test_late_weights_of_a_sublayer_are_one_finding() -> None:
    late = tuple(
        weight(name, attribute=f"self.branch.{name}", owner="self.branch", created_in="call")
        for name in ("kernel", "bias")
    )
    problem = only("late-weight", layer(weights=(weight("gate"), *late)))
    assert problem.subject == "self.branch"
    assert problem.message == (
        "`kernel` and `bias` of `self.branch` exist only after the first call, although `build` ran"
    )
    assert problem.help is not None
    assert "`self.branch.build(input_shape)`" in problem.help


def test_late_sublayers_of_one_line_are_one_finding() -> None:
    late = tuple(
        weight(f"kernel{number}", owner=f"self.blocks[{number}]", created_in="call")
        for number in range(3)
    )
    problem = only("late-weight", layer(weights=late))
    assert problem.subject == "self.blocks"
    assert problem.message == (
        "the weights of `self.blocks[0]`, `self.blocks[1]` and `self.blocks[2]` exist only after "
        "the first call, although `build` ran"
    )


def test_late_sublayers_of_two_lines_are_two_findings() -> None:
    late = tuple(
        weight(f"kernel{number}", owner=f"self.{name}", created_in="call", location=at(number))
        for number, name in enumerate("ab", 30)
    )
    assert [problem.at for problem in see("late-weight", layer(weights=late))] == [at(30), at(31)]


@pytest.mark.parametrize("builds_itself", [False, None])
def test_a_layer_that_keras_builds_has_no_late_weights(builds_itself: bool | None) -> None:
    facts = layer(weights=(weight(created_in="call"),), builds_itself=builds_itself)
    assert see("late-weight", facts) == []


def test_what_a_first_call_computes_and_later_calls_read_is_stale() -> None:
    cached = constant("self.unit", derived_from=("self.kernel",), created_in="call", used=True)
    problem = only("stale-tensor", layer(constants=(cached,)))
    assert "computed once from `self.kernel` in the first call" in problem.message


def test_a_layer_under_a_reserved_name_is_lost_on_reloading() -> None:
    facts = layer(untracked_layers=(hidden_layer("self._layers[0]", reserved=True),))
    problem = only("untracked-layer", facts)
    assert "under a name that Keras 3 uses itself and does not save" in problem.message
    assert problem.help is not None
    assert "another name" in problem.help


def test_the_weights_of_a_frozen_layer_from_elsewhere_are_no_lost_variables() -> None:
    frozen = hidden_layer("BASE", frozen=True, holder="global")
    inside = untracked("kernel", attribute="BASE.kernel", holder="layer", trainable=False)
    facts = layer(untracked_layers=(frozen,), untracked_variables=(inside,))
    assert see("untracked-variable", facts) == []


def test_an_array_of_which_a_call_takes_a_part_is_not_oversized() -> None:
    sliced = constant(bytes=20 * MIB, kind="ndarray", copied=False)
    assert see("oversized-constant", layer(constants=(sliced,))) == []
