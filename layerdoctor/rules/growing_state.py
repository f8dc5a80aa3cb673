"""LD302: something on the layer that every call makes longer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.stages import Stage
from layerdoctor.wording import sequence

if TYPE_CHECKING:
    from layerdoctor.facts import GrowingState, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for state in facts.growth.state if facts.growth else ():
        if grows(state):
            leak = ", and a symbolic one for each trace" if state.leaks else ""
            yield Problem(
                state.attribute,
                f"every call keeps more {state.kind} in `{state.attribute}`: "
                f"{sequence(state.sizes)}{leak}",
                at=state.location,
            )


def grows(state: GrowingState) -> bool:
    steps = [before < after for before, after in pairwise(state.sizes)]
    return bool(steps) and (all(steps) or sum(steps) > 1)


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """A dense layer whose activations can be looked at."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.activations = []

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        outputs = tf.tanh(tf.matmul(inputs, self.kernel))
        self.activations.append(outputs)
        return outputs
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """A dense layer that returns its activations next to its output."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        activations = tf.matmul(inputs, self.kernel)
        return tf.tanh(activations), activations
'''

RULE = Rule(
    code="LD302",
    name="growing-state",
    severity=Severity.WARNING,
    needs=Stage.REPEAT,
    summary="every call keeps more tensors or objects on the layer",
    why=(
        "A list that only grows holds every batch of the training in memory until the process "
        "dies. Inside `tf.function` the line runs once for each trace instead of once for each "
        "call, so the list holds symbolic tensors without values, and not what was meant."
    ),
    help=(
        "return the values as a second output, keep a bounded number, "
        "`collections.deque(maxlen=10)`, or sum them up in a weight with `trainable=False`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
