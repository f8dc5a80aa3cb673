"""LD206: a float input that no gradient reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import IN_TENSORFLOW, cuts_weights_at, is_float
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import Gradient, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    if not any(is_float(output.dtype) for output in facts.outputs or ()):
        return
    for reached in facts.input_gradients or ():
        gradient = reached.gradient
        flows_in_a_mode = "flows" in (gradient.modes or {}).values()
        told = cuts_weights_at(facts, gradient.location)
        if gradient.status == "none" and not flows_in_a_mode and not told:
            message = f"no gradient reaches the input `{reached.name}`{reason(gradient)}"
            help_ = HELPS.get(gradient.cause or "")
            yield Problem(reached.name, message, at=gradient.location, help=help_)


HELPS = {
    "left-tensorflow": IN_TENSORFLOW,
    "unused": "nothing, if the layer is to read no more than its shape; else use it in `call`",
}


def reason(gradient: Gradient) -> str:
    if gradient.cause == "unused":
        value = " on its value, only on its shape" if gradient.op else " on it"
        return f": the output does not depend{value}"
    if gradient.cause == "left-tensorflow":
        return ": its value leaves TensorFlow, and no gradient comes back"
    return f": it is cut at `{gradient.op}`" if gradient.op else ""


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Switches gains on where a feature is positive."""

    def build(self, input_shape):
        self.gain = self.add_weight(
            name="gain", shape=input_shape[-1:], initializer="ones"
        )

    def call(self, inputs):
        return tf.cast(inputs > 0.0, inputs.dtype) * self.gain
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Switches gains on where a feature is positive."""

    def build(self, input_shape):
        self.gain = self.add_weight(
            name="gain", shape=input_shape[-1:], initializer="ones"
        )

    def call(self, inputs):
        return tf.sigmoid(4.0 * inputs) * self.gain
'''

RULE = Rule(
    code="LD206",
    name="cut-input-gradient",
    severity=Severity.NOTE,
    needs=Stage.GRADIENT,
    summary="no gradient reaches a float input",
    why=(
        "The weights of this layer can learn, but nothing before it can: in a model, every "
        "earlier layer keeps its start values. That is right for the first layer, which turns "
        "measurements into steps or levels, and wrong anywhere else."
    ),
    help=(
        "use a smooth operation, such as `tf.sigmoid(4.0 * x)` for `x > 0`, or pass the gradient "
        "around the hard one: `x + tf.stop_gradient(hard - x)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
