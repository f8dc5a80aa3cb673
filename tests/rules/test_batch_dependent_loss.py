"""LD211 batch-dependent-loss: `add_loss` is given a value for each sample."""

from __future__ import annotations

from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only, raised


def test_the_shape_and_the_line_are_told() -> None:
    facts = broken(breach("losses", "per-sample", received="(4,)", location=at(30)))
    problem = only("batch-dependent-loss", facts)
    assert problem.at == at(30)
    assert "shape (4,)" in problem.message


def test_keras_2_fails_in_fit_for_it() -> None:
    facts = broken(
        breach("losses", "per-sample", received="(4,)", location=at(30)),
        breach("training", "functional-fit", failure=raised(), location=at(12)),
    )
    assert found(facts) == ["batch-dependent-loss"]
