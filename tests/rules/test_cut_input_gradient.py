"""LD206 cut-input-gradient: no gradient reaches a float input."""

from __future__ import annotations

import pytest

from layerdoctor.facts import InputGradient, Output
from tests.hand_made import at, layer
from tests.rules.seeing import found, lost, only, see


def test_an_input_that_no_gradient_reaches_is_a_note() -> None:
    gradient = lost("integer", "tf.cast", at(31))
    facts = layer(input_gradients=(InputGradient(name="values", gradient=gradient),))
    assert only("cut-input-gradient", facts).message == (
        "no gradient reaches the input `values`: it is cut at `tf.cast`"
    )
    assert found(facts) == ["cut-input-gradient"]


@pytest.mark.parametrize("dtype", ["int64", "bool", "string"])
def test_a_layer_whose_output_is_integral_needs_no_gradient(dtype: str) -> None:
    facts = layer(
        outputs=(Output(shape=(10,), dtype=dtype),),
        input_gradients=(InputGradient(name="values", gradient=lost("cut")),),
    )
    assert see("cut-input-gradient", facts) == []
