"""LD504 fixed-batch-size: the layer works for the batch size given and not for another."""

from __future__ import annotations

from tests.rules.seeing import breach, broken, found, only, raised


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
