"""What all rules find in layers, against what the layers' own source announces."""

from __future__ import annotations

import pytest

from tests.probe.marked_layers import MODULES, amiss, layers_of, observed

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module in MODULES for name in layers_of(module)]
)
def test_exactly_what_the_source_announces_is_found(module: str, name: str) -> None:
    assert amiss(module, [observed(module)[name]]) == []
