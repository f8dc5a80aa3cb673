"""What all rules find in layers, against what the layers' own source announces."""

from __future__ import annotations

import pytest

from tests.probe.marked_layers import MODULES, amiss, layers_of, observed

pytestmark = pytest.mark.thorough


LONGEST_FIRST = sorted(MODULES, key=lambda module: len(layers_of(module)), reverse=True)
"""No process is left with the longest module while the others have come to their end."""


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in LONGEST_FIRST for name in layers_of(module)]
)
def test_exactly_what_the_source_announces_is_found(module: str, name: str) -> None:
    assert amiss(module, [observed(module)[name]]) == []
