"""What all rules find in layers before the contract, in this process: in half a minute, all layers.

``test_marked_layers.py`` examines the same layers to their end, each in a process.
"""

from __future__ import annotations

import pytest

from tests.probe.marked_layers import MODULES, amiss, observed_before_contract

ALONE = {
    "AwaitsThousandSteps",
    "DrawnDefault",
    "DrawnInBuild",
    "FuncAttr",
    "GatedCode",
    "Given",
    "GlobalNoise",
    "TwoUnbuilt",
}
"""What shows only in training, where the stack holds nothing else, or between two processes."""


@pytest.mark.parametrize("module", MODULES)
def test_what_the_source_announces_is_found(module: str) -> None:
    seen = observed_before_contract(module)
    assert amiss(module, [facts for name, facts in seen.items() if name not in ALONE]) == []
