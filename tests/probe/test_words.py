"""Every word of a vocabulary of the facts is produced by some layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

import pytest

from layerdoctor.facts import (
    Cause,
    CheckName,
    CheckStatus,
    ConstantKind,
    Framework,
    Gradient,
    GradientStatus,
    Holder,
    InputValues,
    Kept,
    LayerFacts,
    Location,
    Measured,
    Mode,
    NodeKind,
    NonFiniteValue,
    Phase,
    VariableKind,
    Where,
)
from tests.probe.marked_layers import observed_here
from tests.probe.observing import LAYERS, observe, target

OBSERVED = {
    "growing": ("VarKept", "Tensors", "Numbers"),
    "hidden_constants": ("LiteralTable", "FewLiterals", "GlobalTable", "RandInit"),
    "hidden_layers": ("HelperBlock", "InCall"),
    "hidden_variables": ("AttrFixed", "ClassAttr", "Global", "InClosure", "InModule", "K2Attr"),
    "random_draws": ("AlwaysDrops",),
}
IN_PROCESS = {
    "eager": ("NumpyMethod", "OnlyPrinted"),
    "functions": ("Stopped",),
    "masks": ("AveragesUnmasked",),
    "modes": ("CutInTraining", "DividedByZero", "IntegerOnly", "NanBackwards", "ZeroNorm"),
    "selectors": ("Argmax", "CastInt"),
    "zeros": ("AbsAtZero",),
}


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    wanted = [target(module, name, 4, 5) for module, names in OBSERVED.items() for name in names]
    wanted += [target("hidden_variables", "TFModuleTwin", 4, 5)]
    own = [(module, name) for module, names in IN_PROCESS.items() for name in names]
    return {**observe(wanted), **{name: observed_here(module, name) for module, name in own}}


def gradients(facts: LayerFacts) -> Iterator[Gradient]:
    yield from (each.gradient for each in facts.weights)
    yield from (each.gradient for each in facts.untracked_variables)
    yield from (each.gradient for each in facts.constants)


def unknown_holders(facts: LayerFacts) -> Iterator[str]:
    yield from (each.holder for each in facts.untracked_variables)
    yield from (each.holder for each in facts.untracked_layers)
    yield from (each.holder for each in facts.constants)


def phases(facts: LayerFacts) -> Iterator[str | None]:
    yield from (each.created_in for each in facts.weights)
    yield from (each.created_in for each in facts.untracked_variables)
    yield from (each.created_in for each in facts.constants)


Words = Callable[[LayerFacts], Iterable[str | None]]
PRODUCED: dict[Any, Words] = {
    Cause: lambda facts: (each.cause for each in gradients(facts)),
    CheckName: lambda facts: (each.name for each in facts.checks),
    CheckStatus: lambda facts: (each.status for each in facts.checks),
    ConstantKind: lambda facts: (each.kind for each in facts.constants),
    Measured: lambda facts: (each.gradient for each in facts.flow.edges) if facts.flow else (),
    Framework: lambda facts: (facts.framework,),
    GradientStatus: lambda facts: (each.status for each in gradients(facts)),
    Holder: unknown_holders,
    InputValues: lambda facts: (each.inputs for each in facts.nonfinite or ()),
    Kept: lambda facts: (each.kind for each in facts.growth.state) if facts.growth else (),
    Mode: lambda facts: (mode for each in gradients(facts) for mode in each.modes or ()),
    NodeKind: lambda facts: (each.kind for each in facts.flow.nodes) if facts.flow else (),
    NonFiniteValue: lambda facts: (each.value for each in facts.nonfinite or ()),
    Phase: phases,
    VariableKind: lambda facts: (each.kind for each in facts.untracked_variables),
    Where: lambda facts: (each.where for each in facts.nonfinite or ()),
}


@pytest.mark.parametrize("vocabulary", PRODUCED, ids=lambda words: "-".join(get_args(words)))
def test_every_word_is_produced(seen: dict[str, LayerFacts], vocabulary: Any) -> None:
    found = {word for facts in seen.values() for word in PRODUCED[vocabulary](facts)}
    assert set(get_args(vocabulary)) <= found


def test_a_literal_table_is_named_and_placed_where_it_is_written(
    seen: dict[str, LayerFacts],
) -> None:
    (table,) = (each for each in seen["LiteralTable"].constants if each.holder == "inline")
    lines = LAYERS.joinpath("hidden_constants.py").read_text(encoding="utf-8").splitlines()
    opening = lines.index("        mix = tf.constant(") + 2
    assert table.name == "mix"
    assert table.location == Location(file="tests/probe/layers/hidden_constants.py", line=opening)
    assert seen["FewLiterals"].constants == ()
