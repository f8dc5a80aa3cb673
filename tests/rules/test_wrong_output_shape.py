"""LD503 wrong-output-shape."""

from __future__ import annotations

from typing import Any

from layerdoctor.facts import Breach, Check
from tests.hand_made import at
from tests.rules.seeing import broken, only


def test_a_wrong_output_shape_shows_promise_and_output_once() -> None:
    shapes: dict[str, Any] = {"expected": "(4, 5)", "received": "(4, 11)", "location": at(22)}
    wrong = tuple(Breach(kind=kind, **shapes) for kind in ("compute-output-shape", "symbolic"))
    facts = broken(Check(name="output_shape", status="failed", breaches=wrong))
    assert only("wrong-output-shape", facts).message == (
        "`compute_output_shape` says (4, 5), and the output is (4, 11)"
    )
