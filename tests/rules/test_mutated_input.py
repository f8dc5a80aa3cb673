"""LD507 mutated-input: the call changes its input in place."""

from __future__ import annotations

from layerdoctor.rule import Severity
from tests.rules.seeing import breach, broken, only


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
