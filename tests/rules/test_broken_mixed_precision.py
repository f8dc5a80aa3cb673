"""LD505 broken-mixed-precision."""

from __future__ import annotations

import pytest

from layerdoctor.rule import Severity
from tests.hand_made import at
from tests.rules.seeing import breach, broken, only, raised


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
