"""LD204: a trainable weight whose gradient is zero whatever comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import grouped, weights_named
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import Gradient, LayerFacts, Weight

OTHER_START = "start it elsewhere"
ONE_ELSEWHERE = "start one of them elsewhere, and only the last factor at zero"


def check(facts: LayerFacts) -> Iterator[Problem]:
    stuck = [weight for weight in facts.weights if weight.trainable and is_stuck(weight)]
    for group in grouped(stuck, key=place):
        names = tuple(weight.attribute for weight in group)
        gradient = group[0].gradient
        at = f" at `{gradient.op}`" if gradient.op else ""
        yield Problem(
            names[0],
            f"the gradient of {weights_named(names, facts)} is zero{at} for every input tried"
            f"{why(names, gradient)}",
            at=gradient.location or group[0].location,
            help=remedy(facts, gradient),
            about=names,
        )


def why(names: Sequence[str], gradient: Gradient) -> str:
    if gradient.held_by:
        both, none = ("both", "neither") if len(names) == 2 else ("all", "none")
        return f": {both} start at zero, and {none} can move before another has"
    if gradient.other_start_revives:
        return ", its slope at the start value; another start value would revive it"
    return ""


def remedy(facts: LayerFacts, gradient: Gradient) -> str | None:
    if not gradient.held_by and not gradient.other_start_revives:
        return None
    start = 'self.add_weight(..., initializer="random_normal")'
    if facts.framework == "tf.Module":
        start = "tf.Variable(tf.random.normal(shape, stddev=0.05))"
    return f"{ONE_ELSEWHERE if gradient.held_by else OTHER_START}: `{start}`"


def is_stuck(weight: Weight) -> bool:
    gradient = weight.gradient
    flows_in_a_mode = "flows" in (gradient.modes or {}).values()
    return gradient.status == "zero" and bool(gradient.stuck) and not flows_in_a_mode


def place(weight: Weight) -> object:
    """What weights whose gradient one line makes zero have in common."""
    gradient = weight.gradient
    if gradient.location is None:
        return weight.attribute
    mutual = bool(gradient.held_by)
    line = (gradient.location.file, gradient.location.line)
    return line, gradient.other_start_revives, mutual


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects by the signs of a kernel."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        return tf.matmul(inputs, tf.sign(self.kernel))
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects by the signs of a kernel."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        soft = tf.tanh(self.kernel)
        signs = soft + tf.stop_gradient(tf.sign(soft) - soft)
        return tf.matmul(inputs, signs)
'''

RULE = Rule(
    code="LD204",
    name="zero-gradient",
    severity=Severity.WARNING,
    needs=Stage.GRADIENT,
    summary="the gradient of a trainable weight is exactly zero and stays so",
    why=(
        "There is a gradient, and it is exactly zero for every input drawn, also after all other "
        "weights were perturbed and stepped. So no optimizer can move the weight. Usual causes "
        "are an operation that is flat everywhere, such as `tf.sign`, a value clipped on the "
        "wrong side, a product with a constant zero, or a start value where the slope is zero. "
        "One factor of a product may start at zero, as in LoRA or ReZero; two that do keep each "
        "other there."
    ),
    help=(
        "replace the flat operation by a smooth one, or pass the gradient around it: "
        "`soft = tf.tanh(x)`, then `soft + tf.stop_gradient(tf.sign(soft) - soft)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
