"""LD209: a trainable weight that the forward pass assigns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for weight in facts.weights:
        if weight.trainable and weight.assigned_at is not None:
            yield Problem(
                weight.attribute,
                f"the forward pass assigns the trainable weight `{weight.attribute}`",
                at=weight.assigned_at,
            )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Subtracts a moving mean."""

    def build(self, input_shape):
        self.mean = self.add_weight(
            name="mean", shape=input_shape[-1:], initializer="zeros"
        )

    def call(self, inputs, training=False):
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(inputs, axis=0))
        return inputs - self.mean
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Subtracts a moving mean."""

    def build(self, input_shape):
        self.mean = self.add_weight(
            name="mean", shape=input_shape[-1:], initializer="zeros", trainable=False
        )

    def call(self, inputs, training=False):
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(inputs, axis=0))
        return inputs - self.mean
'''

RULE = Rule(
    code="LD209",
    name="overwritten-weight",
    severity=Severity.ERROR,
    needs=Stage.GRADIENT,
    summary="the forward pass assigns a trainable weight",
    why=(
        "Two masters move the same weight: the optimizer at every step, and the forward pass at "
        "every call. What the one has done the other overwrites, the slots of the optimizer "
        "describe a weight that no longer exists, and the result depends on how often the layer "
        "was called. State that the layer itself updates is not trainable."
    ),
    help=(
        "make state of your own with `self.add_weight(..., trainable=False)`; to hold a trained "
        'weight in bounds, use a constraint: `self.add_weight(..., constraint="unit_norm")`'
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    help_for_module=(
        "make state of your own with `tf.Variable(..., trainable=False)`; to hold a trained "
        "variable in bounds, assign it in the training step, after the optimizer"
    ),
    covers=("LD201", "LD202", "LD203", "LD204", "LD210"),
)
