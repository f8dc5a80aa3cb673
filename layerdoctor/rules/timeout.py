"""LD004: no answer within the time limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.unsaid import unsaid
from layerdoctor.stages import Stage
from layerdoctor.wording import doing, told

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for failure in facts.failures:
        if failure.kind == "timeout":
            open_ = unsaid(facts, failure)
            message = f"{doing(failure)} did not end: {told(failure)}{open_.words}"
            severity = Severity.WARNING if open_.is_guessed else None
            at = failure.location or (facts.loop if failure.stage is Stage.CONTRACT else None)
            yield Problem(None, message, at, help=open_.help, severity=severity)


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Adds the features at growing distances."""

    def __init__(self, factor=1, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        total, distance = inputs * self.gain, 1
        while distance < inputs.shape[-1]:
            total = 0.5 * (total + tf.roll(total, distance, axis=-1))
            distance *= self.factor
        return total
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Adds the features at growing distances."""

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        if factor < 2:
            raise ValueError(f"factor must be at least 2, not {factor}")
        self.factor = factor

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        total, distance = inputs * self.gain, 1
        while distance < inputs.shape[-1]:
            total = 0.5 * (total + tf.roll(total, distance, axis=-1))
            distance *= self.factor
        return total
'''

RULE = Rule(
    code="LD004",
    name="timeout",
    severity=Severity.ERROR,
    summary="no answer within the time limit",
    why=(
        "The layer was still running when its time was up. A loop that waits for a condition "
        "which never comes true, such as a tolerance below the precision of float32, hangs the "
        "training in the same way. The line named is the one that was running at that moment, "
        "so it lies in the loop or is called by it."
    ),
    help=(
        "bound the loop by a number of steps, `for _ in range(self.max_steps):`, and leave it "
        "early; if the layer is only slow, use a smaller input or a larger `--timeout`"
    ),
    bad=Example(source=BAD, options=("--timeout", "4")),
    good=Example(source=GOOD),
    check=check,
)
