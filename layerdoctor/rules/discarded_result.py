"""LD210: a trainable weight from which nothing reaches the output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import grouped, in_training, is_lost, weights_named
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    discarded = [
        weight
        for weight in facts.weights
        if weight.trainable and is_lost(weight.gradient, "discarded")
    ]
    for group in grouped(discarded, key=lambda one: one.gradient.location or one.attribute):
        names = tuple(weight.attribute for weight in group)
        are, them = ("is", "it") if len(group) == 1 else ("are", "them")
        yield Problem(
            names[0],
            f"{weights_named(names, facts)} {are} read, but nothing computed from {them} reaches "
            f"the output{in_training(group[0].gradient)}",
            at=group[0].gradient.location or group[0].location,
            about=names,
        )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Lets a gate decide how much of every feature passes."""

    def build(self, input_shape):
        shape = (input_shape[-1], input_shape[-1])
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.gate_kernel = self.add_weight(name="gate_kernel", shape=shape)

    def call(self, inputs):
        gate = tf.sigmoid(tf.matmul(inputs, self.gate_kernel))
        return inputs * tf.matmul(inputs, self.kernel)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Lets a gate decide how much of every feature passes."""

    def build(self, input_shape):
        shape = (input_shape[-1], input_shape[-1])
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.gate_kernel = self.add_weight(name="gate_kernel", shape=shape)

    def call(self, inputs):
        gate = tf.sigmoid(tf.matmul(inputs, self.gate_kernel))
        return gate * tf.matmul(inputs, self.kernel)
'''

RULE = Rule(
    code="LD210",
    name="discarded-result",
    severity=Severity.WARNING,
    needs=Stage.GRADIENT,
    summary="a trainable weight is read, but nothing computed from it reaches the output",
    why=(
        "The forward pass computes something from the weight and throws it away. So the weight "
        "has no gradient and keeps its start value, and the work is done for nothing. Mostly "
        "another variable was meant in the line that returns."
    ),
    help="use the result in what `call` returns, or remove the computation and the weight",
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
