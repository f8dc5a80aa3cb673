"""LD208: a trainable weight that no optimizer can move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts

DISCRETE = ("int", "uint", "bool")


def check(facts: LayerFacts) -> Iterator[Problem]:
    by_default = facts.framework == "tf.Module"
    for weight in facts.weights:
        if weight.trainable and weight.dtype.startswith(DISCRETE):
            yield Problem(
                weight.attribute,
                f"`{weight.attribute}` is a trainable weight of type {weight.dtype}, which no "
                "optimizer can move",
                at=weight.location,
                help="`tf.Variable(..., trainable=False)`" if by_default else None,
                severity=Severity.WARNING if by_default else None,
            )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Keeps three columns."""

    def build(self, input_shape):
        self.columns = self.add_weight(
            name="columns", shape=(3,), dtype="int32", initializer="ones"
        )

    def call(self, inputs):
        return tf.gather(inputs, self.columns, axis=-1)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Keeps three columns."""

    def build(self, input_shape):
        self.columns = self.add_weight(
            name="columns", shape=(3,), dtype="int32", initializer="ones", trainable=False
        )

    def call(self, inputs):
        return tf.gather(inputs, self.columns, axis=-1)
'''

RULE = Rule(
    code="LD208",
    name="integer-weight",
    severity=Severity.ERROR,
    needs=Stage.CALL,
    summary="a trainable weight is of integer or boolean type",
    why=(
        "Integers have no gradient, so the weight never moves. Some optimizers raise when they "
        "make their slots for it, others warn at every step that its gradient is None. If it is "
        "a table of indices or a counter, it was never meant to be trained."
    ),
    help='say that it is not trained: `self.add_weight(..., dtype="int32", trainable=False)`',
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers=("LD201", "LD202", "LD203", "LD204", "LD209"),
    covers_all=("LD405", "LD406"),
)
