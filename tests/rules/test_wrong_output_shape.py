"""LD503 wrong-output-shape."""

from __future__ import annotations

from typing import Any

from layerdoctor.facts import Breach, Check
from tests.hand_made import at
from tests.rules.seeing import broken, only


def test_a_wrong_output_shape_shows_promise_and_output_once() -> None:
    shapes: dict[str, Any] = {"expected": "(4, 5)", "received": "(4, 11)", "location": at(22)}
    said = Breach(kind="compute-output-shape", op="compute_output_shape", **shapes)
    wrong = (said, Breach(kind="symbolic", **shapes))
    facts = broken(Check(name="output_shape", status="failed", breaches=wrong))
    assert only("wrong-output-shape", facts).message == (
        "`compute_output_shape` says (4, 5), and the output is (4, 11)"
    )


def test_who_promises_by_a_spec_is_told_of_the_spec() -> None:
    shapes: dict[str, Any] = {"expected": "(4, 5)", "received": "(4, 3)", "location": at(22)}
    said = Breach(kind="symbolic", op="compute_output_spec", **shapes)
    problem = only(
        "wrong-output-shape", broken(Check(name="output_shape", status="failed", breaches=(said,)))
    )
    assert problem.message == "`compute_output_spec` says (4, 5), and the output is (4, 3)"
    assert "`compute_output_spec`" in (problem.help or "")
    assert "compute_output_shape" not in (problem.help or "")
