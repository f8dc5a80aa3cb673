"""LD303: a function that is traced again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.stages import Stage
from layerdoctor.wording import sequence

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for retrace in facts.growth.retraced if facts.growth else ():
        if len(retrace.traces) > 1 and all(retrace.traces[1:]):
            yield Problem(
                retrace.function,
                f"`{retrace.function}` is traced again in every call, with the same shapes and "
                f"types: {sequence(retrace.traces)} traces",
                at=retrace.location,
            )


BAD = '''\
import keras
import tensorflow as tf


@tf.function
def mixed(values, activation):
    return 0.5 * values + 0.5 * activation(values)


class Example(keras.layers.Layer):
    """Mixes the input with its activation."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        return self.gain * mixed(inputs, lambda x: tf.nn.leaky_relu(x, 0.2))
'''

GOOD = '''\
import keras
import tensorflow as tf


def leaky(values):
    return tf.nn.leaky_relu(values, 0.2)


@tf.function
def mixed(values, activation):
    return 0.5 * values + 0.5 * activation(values)


class Example(keras.layers.Layer):
    """Mixes the input with its activation."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        return self.gain * mixed(inputs, leaky)
'''

RULE = Rule(
    code="LD303",
    name="retracing",
    severity=Severity.WARNING,
    needs=Stage.REPEAT,
    summary="`tf.function` traces again on each call with the same input shapes and types",
    why=(
        "Tracing takes a hundred or a thousand times as long as running the graph, and every "
        "graph is kept, so the layer is slow and its memory grows. `tf.function` traces anew for "
        "every Python argument that it has not seen: another number, a new lambda, a new object. "
        "A `tf.function` that is made inside `call` is itself new each time."
    ),
    help=(
        "make the function and its Python arguments once, outside `call`, and pass numbers that "
        "change as tensors: `tf.constant(step)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
