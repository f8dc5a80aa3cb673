"""Layers as they are often written, judged by all rules."""

from __future__ import annotations

import pytest

from layerdoctor.facts import LayerFacts
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Severity
from layerdoctor.rules import RULES
from tests.probe.judging import classes, marked
from tests.probe.observing import observe, target

MODULE = "usual"
EDGES: dict[str, object] = {"shape": [9, 2], "dtype": "int32", "low": 0, "high": 5}
INPUTS: dict[str, list[dict[str, object]]] = {
    "NodesAndEdges": [{"shape": [6, 4]}, EDGES],
    "NodesForGood": [{"shape": [6, 4]}, EDGES],
    "Adjacency": [{"shape": [4, 4]}, {"shape": [4, 4]}],
    "Identifiers": [{"shape": [4, 6], "dtype": "int32", "low": 0, "high": 9}],
    "Spectral": [{"shape": [4, 8]}],
    "Magnitude": [{"shape": [4, 5], "dtype": "complex64"}],
}


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    return observe(
        target(
            MODULE,
            name,
            inputs=INPUTS.get(name, [{"shape": [4, 5]}]),
            inputs_as="list" if len(INPUTS.get(name, [])) > 1 else "auto",
        )
        for name in classes(MODULE)
    )


def test_all_that_is_wrong_is_found_on_its_line_and_nothing_else(
    seen: dict[str, LayerFacts],
) -> None:
    found = {
        (name, finding.code, finding.location.line if finding.location else None)
        for name, facts in seen.items()
        for finding in diagnose(facts, RULES).findings
        if finding.severity is not Severity.NOTE
    }
    assert found == marked(MODULE)


@pytest.mark.parametrize("name", ["Spectral", "Complex"])
def test_what_has_no_half_precision_kernel_is_said_so(
    seen: dict[str, LayerFacts], name: str
) -> None:
    (check,) = (check for check in seen[name].checks if check.name == "mixed_precision")
    assert check.status == "skipped"
    assert (check.reason or "").startswith("no half-precision kernel")
