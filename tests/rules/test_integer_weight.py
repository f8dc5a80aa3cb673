"""LD208 integer-weight: a trainable weight is of integer or boolean type."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.rule import Severity
from tests.hand_made import at, layer, weight
from tests.rules.seeing import found, lost, only, with_gradient


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_an_integer_weight_explains_its_missing_gradient(dtype: str) -> None:
    facts = with_gradient(lost("integer"), dtype=dtype, assigned_at=at(31))
    assert f"of type {dtype}" in only("integer-weight", facts).message
    assert found(facts) == ["integer-weight"]


def test_an_integer_variable_of_a_module_is_a_warning() -> None:
    facts = layer(framework="tf.Module", weights=(weight(dtype="int64"),))
    assert only("integer-weight", facts).severity is Severity.WARNING


@pytest.mark.parametrize("changes", [{"dtype": "int32", "trainable": False}, {"dtype": "bfloat16"}])
def test_frozen_integers_and_halves_are_fine(changes: dict[str, Any]) -> None:
    assert found(layer(weights=(weight(**changes),))) == []
