"""Layers as they are often written, judged by all rules."""

from __future__ import annotations

import pytest

from layerdoctor.facts import LayerFacts
from tests.probe.marked_layers import amiss, observed

MODULE = "usual"


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    return observed(MODULE)


def test_all_that_is_wrong_is_found_on_its_line_and_nothing_else(
    seen: dict[str, LayerFacts],
) -> None:
    assert amiss(MODULE, seen.values()) == []


@pytest.mark.parametrize("name", ["Spectral", "Complex"])
def test_what_has_no_half_precision_kernel_is_said_so(
    seen: dict[str, LayerFacts], name: str
) -> None:
    (check,) = (check for check in seen[name].checks if check.name == "mixed_precision")
    assert check.status == "skipped"
    assert (check.reason or "").startswith("no half-precision kernel")
