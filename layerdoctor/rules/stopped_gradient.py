"""LD203: a trainable weight whose gradient is stopped on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import behind, grouped, in_training, is_lost, weights_named
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts, Weight


def check(facts: LayerFacts) -> Iterator[Problem]:
    stopped = [
        weight
        for weight in facts.weights
        if weight.trainable and is_lost(weight.gradient, "stopped")
    ]
    for group in grouped(stopped, key=place):
        names = tuple(weight.attribute for weight in group)
        gradient = group[0].gradient
        stop = gradient.op or "tf.stop_gradient"
        message = (
            f"no gradient reaches {weights_named(names, facts)}{in_training(gradient)}: "
            f"`{stop}` stops it on every path to the output"
        )
        if whole := behind(group):
            message = f"`{stop}` stops the gradient{in_training(gradient)}: {whole}"
        yield Problem(
            names[0],
            message,
            at=gradient.location or (group[0].location if len(group) == 1 else None),
            help=of_layer(group),
            about=names,
        )


def of_layer(weights: list[Weight]) -> str | None:
    """What to do where it is one whole sub-layer that does not learn."""
    owners = {weight.owner for weight in weights}
    if len(owners) > 1 or "self" in owners:
        return None
    return (
        f"take `tf.stop_gradient` away where `{owners.pop()}` shall learn; where it shall not, "
        "say so: make it with `trainable=False`"
    )


def place(weight: Weight) -> object:
    """What weights have in common whose gradient is stopped by the same operation."""
    gradient = weight.gradient
    at = gradient.location or gradient.number
    return weight.attribute if at is None else at


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Scales and shifts every feature."""

    def build(self, input_shape):
        width = input_shape[-1]
        self.scale = self.add_weight(name="scale", shape=(width,), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(width,), initializer="zeros")

    def call(self, inputs):
        return inputs * tf.stop_gradient(self.scale) + self.shift
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales and shifts every feature."""

    def build(self, input_shape):
        width = input_shape[-1]
        self.scale = self.add_weight(name="scale", shape=(width,), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(width,), initializer="zeros")

    def call(self, inputs):
        return inputs * self.scale + self.shift
'''

RULE = Rule(
    code="LD203",
    name="stopped-gradient",
    severity=Severity.WARNING,
    needs=Stage.GRADIENT,
    summary="a trainable weight reaches the output only through `tf.stop_gradient`",
    why=(
        "The weight is called trainable, and the forward pass says that it shall not be trained. "
        "One of the two is wrong. As it stands the weight keeps its start value, while "
        "`model.summary()` counts it among the trainable ones. A custom gradient that returns "
        "None has the same effect."
    ),
    help=(
        "take `tf.stop_gradient` away where the weight shall learn; where it shall not, say so: "
        "`self.add_weight(..., trainable=False)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    help_for_module=(
        "take `tf.stop_gradient` away where the variable shall learn; where it shall not, say so: "
        "`tf.Variable(..., trainable=False)`"
    ),
)
