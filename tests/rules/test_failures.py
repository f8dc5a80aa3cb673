"""LD0: layers that could not be run."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.facts import LayerFacts, Stage
from tests.hand_made import at, layer
from tests.rules.seeing import breach, found, only, raised, see


def failing(stage: Stage, **given: Any) -> LayerFacts:
    return layer(failures=(raised(stage, **given),))


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (Stage.CONSTRUCT, "construction-error"),
        (Stage.BUILD, "build-error"),
        (Stage.CALL, "call-error"),
        (Stage.REPEAT, "call-error"),
        (Stage.GRADIENT, "call-error"),
    ],
)
def test_an_exception_is_told_under_the_stage_that_raised_it(stage: Stage, name: str) -> None:
    facts = failing(stage)
    problem = only(name, facts)
    assert "ValueError: the sizes differ" in problem.message
    assert problem.at == at(30)
    assert found(facts) == [name]


def test_only_the_first_line_of_a_long_exception_is_told() -> None:
    problem = only("call-error", failing(Stage.CALL, message="\nno such axis\nCall arguments: x"))
    assert "ValueError: no such axis, for inputs of shape (10, 5)" in problem.message


def test_a_missing_super_is_an_error_of_the_constructor_whenever_it_shows() -> None:
    facts = failing(Stage.CALL, exception="RuntimeError", missing_super=True)
    assert "never calls `super().__init__()`" in only("construction-error", facts).message
    assert found(facts) == ["construction-error"]


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("timeout", "timeout", "`call` did not end: no answer within 5 s"),
        ("crash", "crash", "`call` ended the process: no answer within 5 s"),
    ],
)
def test_a_hang_and_a_crash_name_what_was_running(kind: str, name: str, says: str) -> None:
    facts = failing(Stage.CALL, kind=kind, exception=None, message="no answer within 5 s")
    assert only(name, facts).message == says
    assert found(facts) == [name]


def test_a_hang_in_a_check_names_the_check() -> None:
    failure = raised(
        Stage.CONTRACT, None, "no answer within 5 s", kind="timeout", check="batch_size"
    )
    checks = (breach("batch_size", "raised", received="7", failure=failure),)
    facts = layer(failures=(failure,), checks=checks)
    assert "the check `batch_size` did not end" in only("timeout", facts).message
    assert found(facts) == ["timeout"]


def test_a_repeated_call_that_lacks_its_own_input_is_told_as_that() -> None:
    mutated = breach("inputs", "mutated", subject="features", location=at(31))
    facts = layer(failures=(raised(Stage.REPEAT),), checks=(mutated,))
    assert see("call-error", facts) == []
    assert found(facts) == ["mutated-input"]


def test_what_fails_because_call_fails_is_not_told_again() -> None:
    failure = raised(Stage.CALL)
    checks = (breach("symbolic", "raised", failure=failure),)
    assert found(layer(failures=(failure,), checks=checks)) == ["call-error"]
