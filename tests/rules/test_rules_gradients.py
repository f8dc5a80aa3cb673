"""LD2: gradients."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.facts import (
    Cause,
    Gradient,
    GradientCheck,
    GradientStatus,
    Idiom,
    InputGradient,
    InputValues,
    LayerFacts,
    Location,
    Mode,
    NonFinite,
    Output,
    Where,
)
from layerdoctor.rule import Severity
from tests.hand_made import at, layer, weight
from tests.rules.seeing import found, only, see


def lost(
    cause: Cause, op: str | None = None, where: Location | None = None, **given: Any
) -> Gradient:
    return Gradient(status="none", cause=cause, op=op, location=where, **given)


def with_gradient(gradient: Gradient, **changes: Any) -> LayerFacts:
    return layer(weights=(weight(gradient=gradient, **changes),))


NAMES: dict[Cause, str] = {
    "unused": "unused-weight",
    "cut": "cut-gradient",
    "left-tensorflow": "cut-gradient",
    "integer": "cut-gradient",
    "stopped": "stopped-gradient",
    "discarded": "discarded-result",
}


@pytest.mark.parametrize(("cause", "name"), NAMES.items())
def test_each_cause_has_its_rule(cause: Cause, name: str) -> None:
    facts = with_gradient(lost(cause))
    assert "`self.kernel`" in only(name, facts).message
    assert found(facts) == [name]


@pytest.mark.parametrize("cause", NAMES)
def test_a_weight_that_is_not_trained_needs_no_gradient(cause: Cause) -> None:
    assert found(with_gradient(lost(cause), trainable=False)) == []


@pytest.mark.parametrize("cause", NAMES)
def test_a_weight_that_is_used_in_one_mode_is_used(cause: Cause) -> None:
    modes: dict[Mode, GradientStatus] = {"training": "flows", "inference": "none"}
    assert found(with_gradient(lost(cause, modes=modes))) == []


@pytest.mark.parametrize("status", ["not-run", "not-applicable", "flows"])
def test_what_was_not_observed_is_not_told(status: GradientStatus) -> None:
    assert found(with_gradient(Gradient(status=status))) == []


def test_a_sublayer_that_is_never_called_is_one_finding() -> None:
    idle = tuple(
        weight(
            name,
            attribute=f"self.head.{name}",
            owner="self.head",
            owner_called=False,
            gradient=lost("unused"),
        )
        for name in ("kernel", "bias")
    )
    problem = only("unused-weight", layer(weights=idle))
    assert problem.subject == "self.head"
    assert problem.message == (
        "the sub-layer `self.head` is never called, so its 2 trainable weights `kernel` and "
        "`bias` are never read"
    )


def test_weights_cut_by_one_operation_are_one_finding_on_its_line() -> None:
    gradient = lost("cut", "tf.argmax", at(31, "argmax"))
    weights = tuple(weight(name, gradient=gradient) for name in ("keys", "bias"))
    problem = only("cut-gradient", layer(weights=weights))
    assert problem.message == (
        "no gradient reaches `self.keys` and `self.bias`: every path to the output is cut at "
        "`tf.argmax`, which has no gradient"
    )
    assert problem.at == at(31, "argmax")
    assert problem.help is not None
    assert "softmax" in problem.help


def test_weights_cut_on_two_lines_are_two_findings() -> None:
    weights = (
        weight("keys", gradient=lost("cut", "tf.argmax", at(31))),
        weight("bias", gradient=lost("cut", "tf.round", at(32))),
    )
    assert len(see("cut-gradient", layer(weights=weights))) == 2


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        ("left-tensorflow", "the value leaves TensorFlow at `numpy`"),
        ("integer", "the value becomes an integer or an index at `numpy`"),
    ],
)
def test_how_the_value_was_lost_is_told(cause: Cause, says: str) -> None:
    facts = with_gradient(lost(cause, "numpy", at(31)))
    assert says in only("cut-gradient", facts).message


def test_a_stopped_gradient_names_the_line_of_the_stop() -> None:
    facts = with_gradient(lost("stopped", "tf.stop_gradient", at(33)))
    problem = only("stopped-gradient", facts)
    assert problem.at == at(33)
    assert "`tf.stop_gradient` stops it" in problem.message


def test_a_zero_gradient_that_stays_is_told() -> None:
    facts = with_gradient(Gradient(status="zero", stuck=True, op="tf.sign", location=at(31)))
    problem = only("zero-gradient", facts)
    assert "is zero at `tf.sign` for every input tried" in problem.message
    assert problem.help is None


def test_a_bad_start_value_is_told_as_that() -> None:
    facts = with_gradient(Gradient(status="zero", stuck=True, other_start_revives=True))
    problem = only("zero-gradient", facts)
    assert "another start value would revive it" in problem.message
    assert problem.help is not None
    assert "initializer=" in problem.help


@pytest.mark.parametrize(
    "changes",
    [{"stuck": False}, {"stuck": None}, {"stuck": True, "modes": {"inference": "flows"}}],
)
def test_a_zero_gradient_that_may_revive_is_not_told(changes: dict[str, Any]) -> None:
    facts = with_gradient(Gradient(status="zero", **changes))
    assert see("zero-gradient", facts) == []


def non_finite(
    where: Where,
    inputs: InputValues,
    op: str = "tf.norm",
    line: int = 31,
    subject: str = "output 0",
) -> NonFinite:
    return NonFinite(
        where=where, subject=subject, inputs=inputs, value="NaN", op=op, location=at(line)
    )


def test_a_nan_for_zeros_says_so() -> None:
    facts = layer(nonfinite=(non_finite("gradient", "zeros", subject="self.gain"),))
    message = only("non-finite", facts).message
    assert (
        message == "the gradient of `self.gain` has NaN for an input of zeros, first in `tf.norm`"
    )


def test_a_gradient_is_not_blamed_where_the_output_is_nan_already() -> None:
    facts = layer(
        nonfinite=(
            non_finite("output", "zeros", op="truediv"),
            non_finite("gradient", "zeros", line=30, subject="self.gain"),
        )
    )
    assert only("non-finite", facts).message.startswith("the output is not finite (NaN)")


def test_the_same_place_is_told_once_for_ordinary_inputs() -> None:
    facts = layer(nonfinite=(non_finite("output", "zeros"), non_finite("output", "ordinary")))
    assert "for ordinary inputs" in only("non-finite", facts).message


def test_an_input_that_no_gradient_reaches_is_a_note() -> None:
    gradient = lost("integer", "tf.cast", at(31))
    facts = layer(input_gradients=(InputGradient(name="values", gradient=gradient),))
    assert only("cut-input-gradient", facts).message == (
        "no gradient reaches the input `values`: it is cut at `tf.cast`"
    )
    assert found(facts) == ["cut-input-gradient"]


@pytest.mark.parametrize("dtype", ["int64", "bool", "string"])
def test_a_layer_whose_output_is_integral_needs_no_gradient(dtype: str) -> None:
    facts = layer(
        outputs=(Output(shape=(10,), dtype=dtype),),
        input_gradients=(InputGradient(name="values", gradient=lost("cut")),),
    )
    assert see("cut-input-gradient", facts) == []


def compared(error: float, idiom: Idiom | None = None) -> LayerFacts:
    check = GradientCheck(
        precision="float32",
        function="squared",
        location=at(6),
        analytic=1.0,
        numeric=2.0,
        error=error,
        idiom=idiom,
    )
    return layer(gradient_checks=(check,))


def test_a_wrong_custom_gradient_shows_both_numbers() -> None:
    problem = only("wrong-gradient", compared(0.5))
    assert "`squared` gives 1 where central differences give 2" in problem.message
    assert problem.severity is None


@pytest.mark.parametrize("idiom", ["piecewise-constant", "identity"])
def test_a_known_idiom_is_a_note(idiom: Idiom) -> None:
    assert only("wrong-gradient", compared(0.5, idiom)).severity is Severity.NOTE


def test_the_noise_of_differences_is_no_wrong_gradient() -> None:
    assert see("wrong-gradient", compared(0.01)) == []


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_an_integer_weight_explains_its_missing_gradient(dtype: str) -> None:
    facts = with_gradient(lost("integer"), dtype=dtype, assigned_at=at(31))
    assert f"of type {dtype}" in only("integer-weight", facts).message
    assert found(facts) == ["integer-weight"]


def test_an_integer_variable_of_a_module_is_a_warning() -> None:
    facts = layer(framework="tf.Module", weights=(weight(dtype="int64"),))
    assert only("integer-weight", facts).severity is Severity.WARNING


@pytest.mark.parametrize("changes", [{"dtype": "int32", "trainable": False}, {"dtype": "bfloat16"}])
def test_frozen_integers_and_halves_are_fine(changes: dict[str, Any]) -> None:
    assert found(layer(weights=(weight(**changes),))) == []


def test_an_assigned_weight_explains_its_missing_gradient() -> None:
    facts = with_gradient(lost("unused"), assigned_at=at(31))
    assert only("overwritten-weight", facts).at == at(31)
    assert found(facts) == ["overwritten-weight"]


def test_assigning_what_is_not_trained_is_fine() -> None:
    assert found(layer(weights=(weight(trainable=False, assigned_at=at(31)),))) == []
