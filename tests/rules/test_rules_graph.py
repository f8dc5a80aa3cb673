"""LD4: in a graph."""

from __future__ import annotations

from layerdoctor.facts import Breach, Check, Stage
from layerdoctor.rule import Severity
from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only, raised, see

OUT_OF_SCOPE = raised(exception="TypeError", message="is out of scope")


def graph(*breaches: Breach) -> Check:
    return Check(name="graph", status="failed", breaches=breaches)


LEAK = Breach(kind="leaked", subject="self.window", location=at(24), failure=OUT_OF_SCOPE)


def test_eager_only_tells_the_exception_on_its_line() -> None:
    facts = broken(breach("graph", "eager-only", failure=raised()))
    problem = only("eager-only", facts)
    assert problem.message == (
        "`call` runs eagerly and fails inside `tf.function`: ValueError: the sizes differ"
    )
    assert problem.at == at(30)


def test_eager_only_explains_the_symbolic_error_and_the_mismatch() -> None:
    facts = broken(
        graph(Breach(kind="eager-only", failure=raised()), Breach(kind="mismatch", difference=0.1)),
        breach("symbolic", "raised", failure=raised()),
    )
    assert found(facts) == ["eager-only"]


def test_a_leak_that_raises_explains_the_failure_it_causes() -> None:
    facts = broken(
        graph(
            LEAK,
            Breach(kind="eager-only", failure=OUT_OF_SCOPE),
            Breach(kind="mismatch", difference=0.1),
        ),
        breach("symbolic", "raised", failure=OUT_OF_SCOPE),
    )
    problem = only("leaked-tensor", facts)
    assert "`self.window`, and a later call raises TypeError: is out of scope" in problem.message
    assert problem.severity is None
    assert problem.at == at(24)
    assert found(facts) == ["leaked-tensor"]


def test_another_failure_beside_a_leak_is_still_told() -> None:
    facts = broken(graph(LEAK, Breach(kind="eager-only", failure=raised(line=40))))
    assert found(facts) == ["eager-only", "leaked-tensor"]


def test_a_tensor_that_is_only_kept_is_a_note_and_hides_nothing() -> None:
    facts = broken(
        graph(
            Breach(kind="leaked", subject="self.seen", location=at(24)),
            Breach(kind="mismatch", subject="self.done", difference=0.1),
        )
    )
    assert only("leaked-tensor", facts).severity is Severity.NOTE
    assert found(facts) == ["graph-mismatch", "leaked-tensor"]


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


def test_a_symbolic_error_is_told_on_its_line() -> None:
    facts = broken(breach("symbolic", "raised", failure=raised()))
    assert only("symbolic-error", facts).at == at(30)
    assert found(facts) == ["symbolic-error"]


def test_a_backward_pass_that_fails_in_a_graph_alone_is_called_so() -> None:
    facts = broken(breach("graph", "eager-only", failure=raised(Stage.GRADIENT)))
    assert only("eager-only", facts).message == (
        "the backward pass of `call` runs eagerly and fails inside `tf.function`: "
        "ValueError: the sizes differ"
    )


def test_what_a_leak_does_not_explain_stays_a_finding_beside_it() -> None:
    frozen = Breach(kind="mismatch", subject="self.count", location=at(26))
    checks = (graph(LEAK, frozen), breach("symbolic", "raised", failure=raised(line=50)))
    assert found(broken(*checks)) == ["graph-mismatch", "leaked-tensor", "symbolic-error"]


def test_a_mismatch_of_unknown_cause_follows_from_a_leak() -> None:
    unknown = Breach(kind="mismatch", difference=0.2, location=at(20))
    assert found(broken(graph(LEAK, unknown))) == ["leaked-tensor"]
