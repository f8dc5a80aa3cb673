"""LD202: a trainable weight whose every path to the output is cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import (
    IN_TENSORFLOW,
    behind,
    grouped,
    in_training,
    is_lost,
    weights_named,
)
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import Gradient, LayerFacts, Weight

STRAIGHT_THROUGH = (
    "pass the gradient around it: `x + tf.stop_gradient({op}(x) - x)` in place of `{op}(x)`"
)

COMPARISONS = ("greater", "greaterequal", "less", "lessequal")

SMOOTH_STEP = (
    "use a smooth step, `soft = tf.sigmoid(4.0 * (x - threshold))` for `x > threshold`; where the "
    "step has to stay hard, pass the gradient around it: `soft + tf.stop_gradient(hard - soft)`"
)

REMEDIES = {
    "argmax": "weigh by `tf.nn.softmax(scores)` instead of picking one by `argmax`",
    "argmin": "weigh by `tf.nn.softmax(-distances)` instead of picking one by `argmin`",
    "round": STRAIGHT_THROUGH.format(op="tf.round"),
    "rint": STRAIGHT_THROUGH.format(op="tf.round"),
    "floor": STRAIGHT_THROUGH.format(op="tf.floor"),
    "ceil": STRAIGHT_THROUGH.format(op="tf.math.ceil"),
    "topkv2": (
        "use the values that are picked, not only where they stand: "
        "`values, indices = tf.math.top_k(scores, k)`, then weigh by `tf.nn.softmax(values)`"
    ),
    **dict.fromkeys(COMPARISONS, SMOOTH_STEP),
}
"""What to write instead, by the operation's name in lower case."""


def check(facts: LayerFacts) -> Iterator[Problem]:
    cut = [
        weight
        for weight in facts.weights
        if weight.trainable and is_lost(weight.gradient, "cut", "left-tensorflow", "integer")
    ]
    for group in grouped(cut, key=place):
        names = tuple(weight.attribute for weight in group)
        gradient = group[0].gradient
        op = (gradient.op or "").rpartition(".")[2].lower()
        ends = ending(gradient)
        message = (
            f"no gradient reaches {weights_named(names, facts)}{in_training(gradient)}: {ends}"
        )
        if whole := behind(group):
            message = f"{ends}{in_training(gradient)}: {whole}"
        yield Problem(
            names[0],
            message,
            at=gradient.location or (group[0].location if len(group) == 1 else None),
            help=IN_TENSORFLOW if gradient.cause == "left-tensorflow" else REMEDIES.get(op),
            about=names,
        )


def place(weight: Weight) -> object:
    """What weights that are cut by the same operation have in common."""
    gradient = weight.gradient
    if gradient.location is None and gradient.number is None:
        return weight.attribute
    at = gradient.location or gradient.number
    return gradient.cause, gradient.op, at, in_training(gradient)


def ending(gradient: Gradient) -> str:
    at = f" at `{gradient.op}`" if gradient.op else ""
    return {
        "left-tensorflow": f"the value leaves TensorFlow{at}, and no gradient comes back",
        "integer": f"the value becomes an integer or an index{at}, which has no gradient",
    }.get(gradient.cause or "", f"every path to the output is cut{at}, which has no gradient")


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects by a kernel in steps of an eighth."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        kernel = tf.round(self.kernel * 8.0) / 8.0
        return tf.matmul(inputs, kernel)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects by a kernel in steps of an eighth."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        exact = tf.convert_to_tensor(self.kernel)
        rounded = tf.round(exact * 8.0) / 8.0
        return tf.matmul(inputs, exact + tf.stop_gradient(rounded - exact))
'''

RULE = Rule(
    code="LD202",
    name="cut-gradient",
    severity=Severity.ERROR,
    needs=Stage.GRADIENT,
    summary="a trainable weight is read, but its every path to the output is cut",
    why=(
        "On its way from the output back to the weight the gradient meets an operation that has "
        "none: `argmax`, rounding, a cast to integers, a comparison, NumPy, `.numpy()`. The "
        "gradient of the weight is None, so the weight keeps its start value while the loss "
        "goes down on account of the others. Nothing raises."
    ),
    help=(
        "replace the operation by one that has a gradient, such as `softmax` for `argmax`, or "
        "pass the gradient around it: `x + tf.stop_gradient(tf.round(x) - x)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
