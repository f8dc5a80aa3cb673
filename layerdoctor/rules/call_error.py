"""LD003: ``call`` raised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, class_line, remedy_of
from layerdoctor.rules.unsaid import unsaid
from layerdoctor.stages import Stage
from layerdoctor.wording import input_shapes, told

if TYPE_CHECKING:
    from layerdoctor.facts import Failure, LayerFacts

RAISED = {
    Stage.CALL: "`call` raised",
    Stage.REPEAT: "`call` worked once, and then raised",
    Stage.GRADIENT: "`call` worked, and taking the gradient raised",
}


def check(facts: LayerFacts) -> Iterator[Problem]:
    changes_its_input = any(breaches(facts, "inputs", "mutated"))
    for failure in facts.failures:
        if failure.kind != "raised" or failure.missing_super or failure.stage not in RAISED:
            continue
        if failure.stage is Stage.REPEAT and changes_its_input:
            continue
        if (unlisted := UNLISTED.match(failure.message)) is not None:
            yield without_variables(facts, failure, f"self.{unlisted[1]}")
            continue
        raised = "`call` raised in training mode:" if failure.training else RAISED[failure.stage]
        open_ = unsaid(facts, failure)
        message = f"{raised} {told(failure)}, for {input_shapes(facts)}{open_.words}"
        severity = Severity.NOTE if failure.training and open_.inputs else None
        yield Problem(
            None,
            message,
            failure.location,
            help=open_.help or remedy_of(failure),
            severity=severity,
        )


UNLISTED = re.compile(r"Error processing property '(\w+)' of ")
"""How an exception of ``tf.Module.variables`` begins, which no line of the author's is part of."""


def without_variables(facts: LayerFacts, failure: Failure, attribute: str) -> Problem:
    raised = f"{failure.exception}: {failure.message.partition('(')[0]}"
    return Problem(
        attribute,
        f"`variables` and `trainable_variables` of the module raise {raised}",
        failure.location or class_line(facts),
        help=f"give all keys of a dictionary in `{attribute}` one type: TensorFlow sorts them",
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects the features to three units."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel, transpose_b=True)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects the features to three units."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)
'''

RULE = Rule(
    code="LD003",
    name="call-error",
    severity=Severity.ERROR,
    summary="`call` raised",
    why=(
        "The layer cannot be used for this input. Keras often wraps the exception in words of "
        'its own, such as "could not automatically infer the output shape"; told here is the '
        "first cause, on the line of yours where it arose. Most often two shapes or two types "
        "do not fit each other. If the input was guessed, the guess may be at fault."
    ),
    help=(
        "make the operation on that line fit the shapes and types it receives; if the layer "
        "wants another input, give it with `--input SHAPE:DTYPE:LOW..HIGH`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers_all=("LD401", "LD402", "LD403", "LD404", "LD502", "LD503", "LD504", "LD505", "LD506"),
)
