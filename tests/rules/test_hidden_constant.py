"""LD104 hidden-constant."""

from __future__ import annotations

from typing import Any

import pytest

from layerdoctor.facts import Gradient
from tests.hand_made import constant, layer
from tests.rules.seeing import only, see


def test_a_hidden_constant_says_whether_it_could_be_trained() -> None:
    assert (
        "a gradient would reach it"
        in only("hidden-constant", layer(constants=(constant(),))).message
    )
    cut = constant(gradient=Gradient(status="none", cause="cut"))
    assert "no gradient would reach it" in only("hidden-constant", layer(constants=(cut,))).message


@pytest.mark.parametrize(
    "changes",
    [
        {"used": False},
        {"used": None},
        {"shape": (2,), "dtype": "int32"},
        {"shape": (), "created_in": "call", "holder": "inline"},
        {"shape": (7,), "created_in": "call"},
    ],
)
def test_shapes_axes_and_a_few_numbers_are_no_hidden_constants(changes: dict[str, Any]) -> None:
    assert see("hidden-constant", layer(constants=(constant(**changes),))) == []
