"""LD401 eager-only: the layer runs eagerly and fails inside `tf.function`, and so in `fit`."""

from __future__ import annotations

from layerdoctor.facts import Breach, Stage
from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, graph, only, raised


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


def test_a_backward_pass_that_fails_in_a_graph_alone_is_called_so() -> None:
    facts = broken(breach("graph", "eager-only", failure=raised(Stage.GRADIENT)))
    assert only("eager-only", facts).message == (
        "the backward pass of `call` runs eagerly and fails inside `tf.function`: "
        "ValueError: the sizes differ"
    )


def test_a_name_that_a_graph_does_not_take_is_to_be_changed() -> None:
    words = "'_mlp_0' is not a valid root scope name"
    facts = broken(breach("graph", "eager-only", failure=raised(message=words)))
    assert (only("eager-only", facts).help or "").startswith("give what is called there a name")
