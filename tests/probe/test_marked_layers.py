"""What the rules find in layers, against the comments in the layers' own source."""

from __future__ import annotations

import ast
import functools

import pytest

from layerdoctor.facts import LayerFacts
from tests.probe.marked_layers import amiss, layers_of, observed

MODULES = {
    "random_draws": ("LD506",),
    "zero_starts": ("LD204",),
    "branches": ("LD201",),
    "masks": ("LD205", "LD508", "LD510"),
    "handed_on": ("LD206", "LD402"),
}
"""The modules, and the rules of which notes are asked for as well."""


@functools.cache
def facts_of(module: str) -> dict[str, LayerFacts]:
    return observed(module)


@pytest.mark.parametrize(
    ("module", "node"),
    [
        pytest.param(module, node, id=f"{module}.{node.name}")
        for module in MODULES
        for node in layers_of(module)
    ],
)
def test_the_rules_find_what_the_source_says(module: str, node: ast.ClassDef) -> None:
    assert amiss(module, node, facts_of(module)[node.name], MODULES[module]) == []
