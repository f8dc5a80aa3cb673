"""LD506 nondeterministic-inference: two calls with `training=False` and the same input differ."""

from __future__ import annotations

from layerdoctor.rule import Severity
from tests.hand_made import at
from tests.rules.seeing import breach, broken, only


def test_two_inferences_that_differ_name_the_draw() -> None:
    facts = broken(
        breach("determinism", "differs", difference=0.3, op="tf.random.normal", location=at(22))
    )
    problem = only("nondeterministic-inference", facts)
    assert "differ by up to 0.3: `tf.random.normal` draws anew in each" in problem.message
    assert problem.at == at(22)


def test_draws_that_the_layer_declares_are_a_note() -> None:
    facts = broken(breach("determinism", "random", difference=0.3, op="RngUniform", location=at(5)))
    problem = only("nondeterministic-inference", facts)
    assert problem.severity is Severity.NOTE
    assert problem.at == at(5)
    assert "`RngUniform` draws anew in each" in problem.message
    assert "generator that the layer holds" in problem.message
