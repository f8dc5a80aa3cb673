"""What is told of gradients, on layers of every kind."""

from __future__ import annotations

import pytest

from tests.probe.seeing import Case, cases, examine, findings, matches

MODULES = ("functions", "keras_ops", "eager", "selectors", "zeros", "modes", "sound")
CASES = [case for module in MODULES for case in cases(module)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_exactly_what_the_source_marks_is_told(case: Case) -> None:
    facts = examine(case)
    found = findings(facts)
    unmarked = [one for one in found if not any(matches(told, one) for told in case.told)]
    missing = [told for told in case.told if not any(matches(told, one) for one in found)]
    assert (unmarked, missing) == ([], []), facts.failures
