"""LD104: a tensor or array that the framework does not know of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import is_float
from layerdoctor.stages import Stage
from layerdoctor.wording import described, framework, weight_code

if TYPE_CHECKING:
    from layerdoctor.facts import Constant, LayerFacts

FEW = 8
"""Elements. Smaller tensors made in ``call``, and smaller lists of integers, are no tables."""


def check(facts: LayerFacts) -> Iterator[Problem]:
    tracker = framework(facts.framework)
    for constant in facts.constants:
        if constant.used and not is_trifle(constant):
            message = (
                f"the output depends on `{constant.name}` ({described(constant)}), which "
                f"{tracker} does not know of{would_train(constant)}"
            )
            yield Problem(
                constant.name, message, at=constant.location, help=remedy(facts, constant)
            )


def is_trifle(constant: Constant) -> bool:
    """Whether it is a shape, an axis, or a few numbers written down in ``call``."""
    few = math.prod(constant.shape) < FEW
    shape_or_axis = len(constant.shape) <= 1 and not is_float(constant.dtype)
    return few and (shape_or_axis or constant.created_in == "call" or constant.holder == "inline")


def would_train(constant: Constant) -> str:
    flows = {
        "flows": "; a gradient would reach it if it were a weight",
        "none": "; no gradient would reach it if it were a weight",
    }
    return flows.get(constant.gradient.status, "")


def remedy(facts: LayerFacts, constant: Constant) -> str | None:
    if not constant.name.startswith("self."):
        return None
    return f"if it belongs in the saved model, make it a weight: {weight_code(facts, constant)}"


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Subtracts a known mean from every feature."""

    def __init__(self, mean=(0.1, 0.2, 0.3, 0.4, 0.5), **kwargs):
        super().__init__(**kwargs)
        self.mean = tf.constant(mean)

    def call(self, inputs):
        return inputs - tf.cast(self.mean, inputs.dtype)
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Subtracts a known mean from every feature."""

    def __init__(self, mean=(0.1, 0.2, 0.3, 0.4, 0.5), **kwargs):
        super().__init__(**kwargs)
        self.start = list(mean)

    def build(self, input_shape):
        self.mean = self.add_weight(
            name="mean",
            shape=input_shape[-1:],
            initializer=keras.initializers.Constant(self.start),
            trainable=False,
        )

    def call(self, inputs):
        return inputs - self.mean
'''

RULE = Rule(
    code="LD104",
    name="hidden-constant",
    severity=Severity.NOTE,
    needs=Stage.GRADIENT,
    summary="the layer computes with a tensor or array that the framework does not know of",
    why=(
        "That is often right: a table of positions, a fixed filter. But the values are in no "
        "checkpoint, `model.summary()` does not count them, a mixed precision policy does not "
        "cast them, and they are not trained. If they were meant to be learned or to be saved "
        "with the model, nothing will say so."
    ),
    help=(
        "what is drawn, learned or read from a file belongs in the saved model: keep it in a "
        "weight of the layer with `trainable=False`; what a formula gives each time need not be "
        "saved"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
