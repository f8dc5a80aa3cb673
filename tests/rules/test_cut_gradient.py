"""LD202 cut-gradient: a trainable weight is read, but its every path to the output is cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerdoctor.facts import Cause
from tests.hand_made import at, layer, weight
from tests.rules.seeing import lost, only, see, with_gradient


def test_weights_cut_by_one_operation_are_one_finding_on_its_line() -> None:
    gradient = lost("cut", "tf.argmax", at(31, "argmax"))
    weights = tuple(weight(name, gradient=gradient) for name in ("keys", "bias"))
    problem = only("cut-gradient", layer(weights=weights))
    assert problem.message == (
        "no gradient reaches `self.keys` and `self.bias`: every path to the output is cut at "
        "`tf.argmax`, which has no gradient"
    )
    assert problem.at == at(31, "argmax")
    assert problem.help is not None
    assert "softmax" in problem.help


@pytest.mark.parametrize(
    ("op", "cause", "remedy"),
    [
        ("GreaterEqual", "cut", "tf.sigmoid("),
        ("TopKV2", "cut", "`tf.nn.softmax(values)`"),
        ("numpy_function", "left-tensorflow", "with TensorFlow operations"),
    ],
)
def test_the_remedy_is_for_the_operation_that_cuts(op: str, cause: Cause, remedy: str) -> None:
    problem = only("cut-gradient", with_gradient(lost(cause, op, at(31))))
    assert remedy in (problem.help or "")


def test_weights_cut_on_two_lines_are_two_findings() -> None:
    weights = (
        weight("keys", gradient=lost("cut", "tf.argmax", at(31))),
        weight("bias", gradient=lost("cut", "tf.round", at(32))),
    )
    assert len(see("cut-gradient", layer(weights=weights))) == 2


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        ("left-tensorflow", "the value leaves TensorFlow at `numpy`"),
        ("integer", "the value becomes an integer or an index at `numpy`"),
    ],
)
def test_how_the_value_was_lost_is_told(cause: Cause, says: str) -> None:
    facts = with_gradient(lost(cause, "numpy", at(31)))
    assert says in only("cut-gradient", facts).message


def test_what_is_cut_in_every_block_is_told_once_with_how_many_there_are() -> None:
    gradient = lost("cut", "tf.argmax", at(31))
    gates = [
        weight("gate", attribute=f"self.blocks[{n}].gate", gradient=gradient) for n in range(6)
    ]
    whole = weight("gate", attribute="self.blocks[6].gate")
    problem = only("cut-gradient", layer(weights=(*gates, whole, weight("other"))))
    assert problem.message.startswith("no gradient reaches `self.blocks[*].gate` (6 of 7): ")


@pytest.mark.parametrize(
    ("upstream", "says"),
    [
        (6, "nothing before it trains: 6 weights of 3 layers"),
        (7, "6 weights of 3 layers before it do not train"),
        (None, "6 weights of 3 layers before it do not train"),
    ],
)
def test_many_weights_of_several_layers_are_counted(upstream: int | None, says: str) -> None:
    gradient = replace(lost("cut", "ops.round", at(31)), upstream=upstream)
    weights = tuple(
        weight(name, attribute=f"{owner}.{name}", owner=owner, gradient=gradient)
        for owner in ("self.layers[1]", "self.layers[2].mix", "self.layers[3].mix")
        for name in ("kernel", "bias")
    )
    problem = only("cut-gradient", layer(weights=weights))
    assert problem.message == (
        f"every path to the output is cut at `ops.round`, which has no gradient: {says}"
    )
    assert problem.subject == "self.layers[1].kernel"
    assert len(problem.about) == 6


def test_the_layers_of_a_model_in_the_model_are_counted() -> None:
    gradient = replace(lost("cut", "Greater", at(31)), upstream=6)
    weights = tuple(
        weight(name, attribute=f"{owner}.{name}", owner=owner, gradient=gradient)
        for owner in (f"self.layers[2].layers[{n}]" for n in (1, 2, 4))
        for name in ("kernel", "bias")
    )
    problem = only("cut-gradient", layer(weights=weights))
    assert problem.message.endswith("nothing before it trains: 6 weights of 3 layers")
