"""LD5: the contract of a layer."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.facts import Breach, Check
from layerdoctor.rule import Severity
from tests.hand_made import at, layer, untracked
from tests.rules.seeing import breach, broken, found, only, raised, see


def test_a_dropped_argument_is_named_with_its_values() -> None:
    facts = broken(
        breach("config", "dropped", subject="temperature", expected="4.0", received="1.0"),
        breach("state", "lost", difference=0.5),
    )
    problem = only("lossy-config", facts)
    assert problem.message == "`get_config` drops the argument `temperature`: 4.0 became 1.0"
    assert problem.at == at(8)
    assert problem.severity is None
    assert problem.help is not None
    assert '{**super().get_config(), "temperature": self.temperature}' in problem.help
    assert found(facts) == ["lossy-config"]


def test_arguments_that_one_config_drops_are_one_finding() -> None:
    lost = [
        breach("config", "dropped", subject=name, expected="2", received="1")
        for name in ("rate", "units")
    ]
    facts = broken(*lost, breach("state", "lost", subject="self.units", difference=0.5))
    problem = only("lossy-config", facts)
    assert problem.message == (
        "`get_config` drops the arguments `rate` and `units`: 2 became 1, 2 became 1"
    )
    assert problem.help is not None
    assert '"rate": self.rate, "units": self.units' in problem.help
    assert found(facts) == ["lossy-config"]


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


def test_a_changed_argument_shows_both_values() -> None:
    facts = broken(breach("config", "changed", subject="sizes", expected="(1, 2)", received="'1'"))
    assert "it was (1, 2) and is now '1'" in only("lossy-config", facts).message


def test_saving_that_raises_is_a_warning() -> None:
    failure = raised(exception="TypeError", message="unexpected keyword argument 'name'")
    problem = only("lossy-config", broken(breach("config", "refused", failure=failure)))
    assert problem.severity is Severity.WARNING
    assert problem.help is not None
    assert "`**kwargs`" in problem.help


def test_an_argument_that_cannot_be_saved_is_named() -> None:
    refused = breach("config", "refused", subject="table", failure=raised())
    assert "for the argument `table`" in only("lossy-config", broken(refused)).message


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


def test_a_wrong_output_shape_shows_promise_and_output_once() -> None:
    shapes: dict[str, Any] = {"expected": "(4, 5)", "received": "(4, 11)", "location": at(22)}
    wrong = tuple(Breach(kind=kind, **shapes) for kind in ("compute-output-shape", "symbolic"))
    facts = broken(Check(name="output_shape", status="failed", breaches=wrong))
    assert only("wrong-output-shape", facts).message == (
        "`compute_output_shape` says (4, 5), and the output is (4, 11)"
    )


def test_a_fixed_batch_size_explains_the_symbolic_error() -> None:
    facts = broken(
        breach("batch_size", "raised", expected="4", received="7", failure=raised()),
        breach("symbolic", "raised", failure=raised()),
    )
    assert only("fixed-batch-size", facts).message == (
        "works for a batch of 4 and fails for 7: ValueError: the sizes differ"
    )
    assert found(facts) == ["fixed-batch-size"]


def test_a_batch_that_is_lost_shows_both_shapes() -> None:
    facts = broken(breach("batch_size", "shape", expected="(7, 5)", received="(4, 5)"))
    assert "(4, 5) instead of (7, 5)" in only("fixed-batch-size", facts).message


@pytest.mark.parametrize(("op", "severity"), [(None, None), ("tf.cast", Severity.NOTE)])
def test_an_explicit_cast_under_mixed_precision_is_a_note(
    op: str | None, severity: Severity | None
) -> None:
    facts = broken(
        breach("mixed_precision", "dtype", expected="float16", received="float32", op=op)
    )
    problem = only("broken-mixed-precision", facts)
    assert "the output is float32 and not float16" in problem.message
    assert problem.severity is severity


def test_a_failure_under_mixed_precision_is_told_on_its_line() -> None:
    problem = only(
        "broken-mixed-precision", broken(breach("mixed_precision", "raised", failure=raised()))
    )
    assert problem.at == at(30)
    assert "ValueError: the sizes differ" in problem.message


def test_two_inferences_that_differ_name_the_draw() -> None:
    facts = broken(
        breach("determinism", "differs", difference=0.3, op="tf.random.normal", location=at(22))
    )
    problem = only("nondeterministic-inference", facts)
    assert "differ by up to 0.3: `tf.random.normal` draws anew in each" in problem.message
    assert problem.at == at(22)


def test_a_changed_input_is_named() -> None:
    facts = broken(breach("inputs", "mutated", subject="features", received="inside tf.function"))
    assert only("mutated-input", facts).message == (
        "the call changes its input `features` in place inside tf.function"
    )


def test_a_changed_array_is_only_a_note() -> None:
    problem = only("mutated-input", broken(breach("inputs", "mutated-array", subject="features")))
    assert problem.message == (
        "the call changes its input `features` in place when it is given a NumPy array"
    )
    assert problem.severity is Severity.NOTE


def test_a_dropped_mask_points_at_the_class() -> None:
    facts = broken(breach("mask", "dropped"))
    assert only("dropped-mask", facts).at == at(8)
    assert found(facts) == ["dropped-mask"]


def test_all_weights_that_stay_trainable_are_one_finding() -> None:
    ignored = tuple(Breach(kind="ignored", subject=f"self.{name}") for name in ("kernel", "bias"))
    facts = broken(Check(name="freeze", status="failed", breaches=ignored))
    assert only("ignored-freeze", facts).message == (
        "`layer.trainable = False` leaves `self.kernel` and `self.bias` trainable"
    )


def test_a_check_that_passed_or_was_skipped_says_nothing() -> None:
    skipped = Check(name="batch_size", status="skipped", reason="the layer is stateful")
    assert found(broken(skipped)) == []
