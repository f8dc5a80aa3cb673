"""What constants are to a layer."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Constant, LayerFacts
from tests.probe.marked_layers import observed_before_contract

MODULE = "hidden_constants"


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    return observed_before_contract(MODULE)


def only(facts: LayerFacts) -> Constant:
    (constant,) = facts.constants
    return constant


@pytest.mark.parametrize(
    ("layer", "phase"),
    [("RandInit", "init"), ("RandBuild", "build"), ("LazyCache", "call"), ("GlobalTable", None)],
)
def test_a_constant_says_when_it_was_made(
    seen: dict[str, LayerFacts], layer: str, phase: str | None
) -> None:
    assert only(seen[layer]).created_in == phase


@pytest.mark.parametrize(
    ("layer", "used"),
    [
        ("Sliced", True),
        ("SlicedTransform", True),
        ("Cosine", True),
        ("UnusedRandom", False),
        ("MaskUnused", False),
        ("BigGivenInit", False),
    ],
)
def test_an_array_is_used_where_the_output_follows_it(
    seen: dict[str, LayerFacts], layer: str, used: bool
) -> None:
    assert only(seen[layer]).used is used


@pytest.mark.parametrize(
    ("layer", "sources"),
    [
        ("StaleArgmax", ("self.k",)),
        ("StaleNumpy", ("self.k",)),
        ("StaleK2", ("self.k",)),
        ("StaleSub", ("self.d.kernel",)),
        ("StaleUntracked", ("self.v",)),
        ("LazyFromWeight", ("self.k",)),
    ],
)
def test_a_constant_made_of_weights_names_them(
    seen: dict[str, LayerFacts], layer: str, sources: tuple[str, ...]
) -> None:
    assert only(seen[layer]).derived_from == sources


def test_the_shape_of_a_weight_is_not_made_of_its_values(seen: dict[str, LayerFacts]) -> None:
    assert {item.derived_from for item in seen["ShapeOfWeight"].constants} == {()}


def test_state_that_calls_change_is_no_constant(seen: dict[str, LayerFacts]) -> None:
    assert seen["CountedArray"].constants == ()


def test_a_constant_from_the_caller_is_known_as_such(seen: dict[str, LayerFacts]) -> None:
    given = {name: only(seen[name]).given for name in ("GivenArray", "GivenTensor", "Sinusoid")}
    assert given == {"GivenArray": True, "GivenTensor": True, "Sinusoid": False}
