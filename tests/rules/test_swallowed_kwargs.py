"""LD511 swallowed-kwargs."""

from __future__ import annotations

from tests.hand_made import at
from tests.rules.seeing import breach, broken, only


def test_what_is_ignored_is_named() -> None:
    facts = broken(breach("constructor", "swallowed", received="name, dtype", location=at(9)))
    problem = only("swallowed-kwargs", facts)
    assert problem.message == "`__init__` takes `**kwargs` and ignores `name` and `dtype` in them"
    assert problem.at == at(9)
