"""LD505 broken-mixed-precision."""

from __future__ import annotations

import pytest

from tests.hand_made import at
from tests.rules.seeing import breach, broken, only, raised


@pytest.mark.parametrize("op", [None, "tf.cast"])
def test_another_type_under_mixed_precision_is_told_with_the_cast(op: str | None) -> None:
    facts = broken(
        breach("mixed_precision", "dtype", expected="float16", received="float32", op=op)
    )
    problem = only("broken-mixed-precision", facts)
    assert "the output is float32 and not float16" in problem.message
    assert ("`tf.cast`" in problem.message) is (op is not None)


def test_an_operation_that_gives_its_operands_one_type_is_no_cast() -> None:
    given = {"expected": "float16", "received": "float32", "op": "matmul"}
    problem = only("broken-mixed-precision", broken(breach("mixed_precision", "dtype", **given)))
    assert problem.message.endswith("and not float16, from `matmul` on")


def test_a_failure_under_mixed_precision_is_told_on_its_line() -> None:
    problem = only(
        "broken-mixed-precision", broken(breach("mixed_precision", "raised", failure=raised()))
    )
    assert problem.at == at(30)
    assert "ValueError: the sizes differ" in problem.message
