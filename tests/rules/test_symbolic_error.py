"""LD404 symbolic-error: the layer cannot be called on a Keras symbolic input."""

from __future__ import annotations

from layerdoctor.facts import Check, Failure
from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only, raised


def unsaved(failure: Failure) -> Check:
    return breach("state", "unsaved", failure=failure)


def test_a_symbolic_error_is_told_on_its_line() -> None:
    facts = broken(breach("symbolic", "raised", failure=raised()))
    assert only("symbolic-error", facts).at == at(30)
    assert found(facts) == ["symbolic-error"]


def test_a_build_that_raises_is_not_told_of_the_call() -> None:
    text = "  File 'layers.py', line 30, in build\n    self.add_weight(shape=shape)\n"
    facts = broken(breach("symbolic", "raised", failure=raised(traceback=text)))
    assert only("symbolic-error", facts).message.startswith("`build` fails on a Keras symbolic")


def test_a_sublayer_that_is_built_already_is_one_of_another_layer() -> None:
    text = "  File 'layers.py', line 30, in build\n    dense.build(shape)\n"
    refused = raised(message="You cannot add new elements of state", traceback=text)
    facts = broken(breach("symbolic", "raised", failure=refused), unsaved(refused))
    assert "default argument" in (only("symbolic-error", facts).help or "")
    assert found(facts) == ["symbolic-error"]
