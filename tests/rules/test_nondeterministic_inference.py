"""LD506 nondeterministic-inference: two calls with `training=False` and the same input differ."""

from __future__ import annotations

from tests.hand_made import at
from tests.rules.seeing import breach, broken, only


def test_two_inferences_that_differ_name_the_draw() -> None:
    facts = broken(
        breach("determinism", "differs", difference=0.3, op="tf.random.normal", location=at(22))
    )
    problem = only("nondeterministic-inference", facts)
    assert "differ by up to 0.3: `tf.random.normal` draws anew in each" in problem.message
    assert problem.at == at(22)
