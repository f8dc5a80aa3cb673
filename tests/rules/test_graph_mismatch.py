"""LD403 graph-mismatch: graph and eager runs give different results."""

from __future__ import annotations

from dataclasses import replace

from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only, see


def test_a_mismatch_names_what_tracing_froze() -> None:
    facts = broken(breach("graph", "mismatch", subject="self.done", difference=0.25))
    assert only("graph-mismatch", facts).message == (
        "graph and eager runs differ by up to 0.25: `self.done` is frozen by tracing"
    )


def test_a_frozen_counter_explains_the_other_differences() -> None:
    facts = broken(
        breach("graph", "mismatch", subject="self.done", difference=0.25),
        breach("determinism", "differs", difference=0.25),
        breach("state", "lost", difference=0.25),
        breach("state", "lost", subject="self.done"),
    )
    assert found(facts) == ["graph-mismatch"]


def test_draws_of_tensorflow_explain_the_mismatch() -> None:
    facts = broken(
        breach("graph", "mismatch", difference=0.25),
        breach("determinism", "differs", difference=0.25, op="tf.random.normal"),
        breach("state", "lost", difference=0.25),
    )
    assert see("graph-mismatch", facts) == []
    assert found(facts) == ["nondeterministic-inference"]


def test_a_clock_that_tracing_stops_is_told_with_what_runs_in_a_graph() -> None:
    clocked = breach("graph", "mismatch", op="time.time", difference=1e-4, location=at(9))
    problem = only("graph-mismatch", broken(clocked, breach("state", "lost", difference=0.1)))
    assert problem.message.endswith("`time.time` is frozen by tracing")
    assert "`tf.timestamp()`" in (problem.help or "")


def test_a_module_is_told_of_variables_that_it_can_make() -> None:
    facts = broken(breach("graph", "mismatch", subject="self.done", difference=0.25))
    problem = only("graph-mismatch", replace(facts, framework="tf.Module"))
    assert "`self.done = tf.Variable(0.0, trainable=False)`" in (problem.help or "")


def test_a_trace_without_the_weights_explains_what_a_load_brings_back() -> None:
    kept = breach("graph", "kept-trace", model="subclassed", difference=0.3, location=at(9))
    facts = broken(kept, breach("state", "lost", difference=0.3))
    problem = only("graph-mismatch", facts)
    assert problem.message.startswith("a subclassed model computes with the start values")
    assert problem.at == at(9)
    assert found(facts) == ["graph-mismatch"]
