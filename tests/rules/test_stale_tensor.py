"""LD106 stale-tensor: a tensor is computed from weights in `__init__` or `build` and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerdoctor.facts import Gradient
from tests.hand_made import at, constant, layer, weight
from tests.rules.seeing import breach, found, only, raised, see


def test_a_stale_tensor_explains_what_becomes_of_its_weight() -> None:
    starved = weight(gradient=Gradient(status="none", cause="unused"))
    stale = constant("self.unit", derived_from=("self.kernel",), stable=False, created_in="build")
    leaked = breach("graph", "leaked", subject="self.unit", location=at(14))
    lost = breach("state", "lost", subject="self.unit")
    facts = layer(weights=(starved,), constants=(stale,), checks=(leaked, lost))
    problem = only("stale-tensor", facts)
    assert "`self.unit` is computed once from `self.kernel` in `build`" in problem.message
    assert found(facts) == ["stale-tensor"]


def test_another_weight_beside_a_stale_tensor_is_still_told() -> None:
    stale = constant("self.unit", derived_from=("self.kernel",))
    bias = weight("bias", gradient=Gradient(status="none", cause="unused"))
    facts = layer(weights=(weight(), bias), constants=(stale,))
    assert found(facts) == ["stale-tensor", "unused-weight"]


@pytest.mark.parametrize("changes", [{"created_in": "call", "used": None}, {"used": False}])
def test_what_call_computes_from_weights_is_not_stale(changes: dict[str, Any]) -> None:
    apart = Gradient(status="none")
    kept = constant("self.unit", derived_from=("self.kernel",), gradient=apart, **changes)
    assert see("stale-tensor", layer(constants=(kept,))) == []


def test_a_loss_of_what_is_kept_is_stale_too() -> None:
    kept = constant("self.penalty", derived_from=("self.kernel",), created_in="build", used=False)
    assert only("stale-tensor", layer(constants=(kept,))).subject == "self.penalty"


def test_what_a_first_call_computes_and_later_calls_read_is_stale() -> None:
    cached = constant("self.unit", derived_from=("self.kernel",), created_in="call", used=True)
    problem = only("stale-tensor", layer(constants=(cached,)))
    assert "computed once from `self.kernel` in the first call" in problem.message


def test_a_stale_tensor_that_makes_training_raise_says_so() -> None:
    stale = constant("self.unit", derived_from=("self.kernel",), created_in="build")
    failure = raised(exception="TypeError", message="is out of scope")
    leaked = breach("graph", "leaked", subject="self.unit", location=at(14), failure=failure)
    facts = layer(constants=(stale,), checks=(leaked,))
    assert only("stale-tensor", facts).message.endswith("and a later call raises TypeError")
    assert found(facts) == ["stale-tensor"]


def test_where_it_is_computed_is_where_it_is_to_be_moved_from() -> None:
    stale = constant("self.unit", derived_from=("self.kernel",), created_in="init")
    module = replace(layer(constants=(stale,)), framework="tf.Module")
    help_ = only("stale-tensor", module).help or ""
    assert help_.startswith("move the computation from `__init__` into `__call__`")
