"""LD404 symbolic-error: the layer cannot be called on a Keras symbolic input."""

from __future__ import annotations

from tests.hand_made import at
from tests.rules.seeing import breach, broken, found, only, raised


def test_a_symbolic_error_is_told_on_its_line() -> None:
    facts = broken(breach("symbolic", "raised", failure=raised()))
    assert only("symbolic-error", facts).at == at(30)
    assert found(facts) == ["symbolic-error"]
