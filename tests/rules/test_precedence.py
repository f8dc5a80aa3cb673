"""One defect, one finding: what has the same cause on another line, or under another name."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.facts import (
    Breach,
    Check,
    Failure,
    Gradient,
    Growth,
    InputGradient,
    NewVariable,
    Stage,
)
from tests.hand_made import at, constant, layer, weight
from tests.rules.seeing import breach, broken, found, only

OUT_OF_SCOPE = Failure(
    stage=Stage.CONTRACT,
    kind="raised",
    exception="TypeError",
    message="<tf.Tensor 'x:0'> is out of scope",
    location=at(30),
)


def leaked(*subjects: str) -> Check:
    leaks = (
        Breach(kind="leaked", subject=subject, location=at(12), failure=OUT_OF_SCOPE)
        for subject in subjects
    )
    return Check(name="graph", status="failed", breaches=tuple(leaks))


def test_state_that_leaks_and_so_is_lost_is_one_defect() -> None:
    lost = Check(
        name="state", status="failed", breaches=(Breach(kind="lost", subject="self.mean"),)
    )
    assert found(layer(checks=(leaked("self.mean"), lost))) == ["leaked-tensor"]


def test_a_random_tensor_that_leaks_is_a_weight_that_is_missing() -> None:
    drawn = constant("self.noise", stable=False, used=True, location=at(12))
    facts = layer(constants=(drawn,), checks=(leaked("self.noise"),))
    assert found(facts) == ["unstable-constant"]
    words = "has no value, and a later call raises TypeError"
    assert words in only("unstable-constant", facts).message


def test_the_indices_of_a_stale_sparse_tensor_are_no_second_defect() -> None:
    places = constant("self.matrix.indices", location=at(12))
    values = constant("self.matrix.values", location=at(12), derived_from=("self.w",))
    facts = layer(
        constants=(places, values), checks=(leaked("self.matrix.values", "self.matrix.indices"),)
    )
    assert "leaked-tensor" not in found(facts)


def test_another_attribute_of_the_same_line_stays_a_defect_of_its_own() -> None:
    stale = constant("self.unit", location=at(12), derived_from=("self.w",))
    other = constant("self.ramp", location=at(12))
    facts = layer(constants=(stale, other), checks=(leaked("self.ramp"),))
    assert "leaked-tensor" in found(facts)


def test_a_sublayer_made_in_each_call_fails_in_a_graph_on_its_own_line() -> None:
    made = tuple(
        NewVariable(name="gain", call=call, location=at(20), sublayer="Part", inner_location=at(8))
        for call in (1, 2, 3)
    )
    growth = Growth(
        calls=3, variables_per_call=(1, 1, 1), tracked_per_call=(0, 0, 0), new_variables=made
    )
    failure = Failure(
        stage=Stage.CONTRACT,
        kind="raised",
        exception="ValueError",
        message="tf.function only supports singleton tf.Variables",
        location=at(8),
    )
    facts = layer(growth=growth, checks=(breach("graph", "eager-only", failure=failure),))
    assert found(facts) == ["growing-variables"]
    assert only("growing-variables", facts).at == at(20)


def test_what_fails_in_training_under_a_policy_says_so() -> None:
    failure = Failure(
        stage=Stage.CONTRACT,
        kind="raised",
        exception="TypeError",
        message="float16 and float32",
        location=at(9),
        training=True,
    )
    facts = layer(checks=(breach("mixed_precision", "raised", failure=failure),))
    message = only("broken-mixed-precision", facts).message
    assert message.startswith("`call` fails in training under the `mixed_float16` policy")


def test_a_check_that_passed_or_was_skipped_says_nothing() -> None:
    skipped = Check(name="batch_size", status="skipped", reason="the layer is stateful")
    assert found(broken(skipped)) == []


def test_one_operation_that_cuts_a_weight_and_an_input_is_one_defect() -> None:
    cut = Gradient(status="none", cause="cut", op="ArgMin", location=at(31))
    facts = layer(
        weights=(weight(gradient=cut),),
        input_gradients=(InputGradient(name="inputs", gradient=cut),),
    )
    assert found(facts) == ["cut-gradient"]
    elsewhere = replace(cut, location=at(32))
    apart = replace(facts, input_gradients=(InputGradient(name="inputs", gradient=elsewhere),))
    assert found(apart) == ["cut-gradient", "cut-input-gradient"]


def test_python_in_a_graph_that_cuts_a_weight_is_no_second_defect_of_xla() -> None:
    left = Gradient(status="none", cause="left-tensorflow", op="PyFunc", location=at(31))
    failure = Failure(stage=Stage.CONTRACT, kind="raised", message="XLA has no `PyFunc`")
    refused = breach("xla", "xla", op="PyFunc", failure=failure, location=at(31))
    facts = layer(weights=(weight(gradient=left),), checks=(refused,))
    assert found(facts) == ["cut-gradient"]
