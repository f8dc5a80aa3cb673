"""LD103: a constant that another construction would not repeat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import without_value
from layerdoctor.stages import Stage
from layerdoctor.wording import described, weight_code

if TYPE_CHECKING:
    from layerdoctor.facts import Constant, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for constant in facts.constants:
        if constant.stable is False and constant.used and not constant.given:
            across = constant.differs_between == "processes"
            between = "two processes" if across else "two constructions with the same arguments"
            message = (
                f"`{constant.name}` ({described(constant)}) differs between {between}, "
                f"so a reloaded layer computes something else{without_value(facts, constant.name)}"
            )
            told = FIXED if across else remedy(facts, constant)
            yield Problem(constant.name, message, at=constant.location, help=told)


FIXED = (
    "it is made anew in each process: drawn when the module is imported, in the body of a class or "
    "in a default argument, or in the order of a set. Draw it in the initializer of a weight, "
    "which is saved: `self.add_weight(..., trainable=False)`, or write it out; sort what is in a "
    "set: `sorted(names)`"
)


def remedy(facts: LayerFacts, constant: Constant) -> str | None:
    if not constant.name.startswith("self."):
        return None
    return (
        f"keep what is drawn in a weight, which is saved: {weight_code(facts, constant, anew=True)}"
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects the features at random."""

    def __init__(self, features=5, units=8, **kwargs):
        super().__init__(**kwargs)
        self.projection = tf.random.normal((features, units))

    def call(self, inputs):
        return tf.matmul(inputs, tf.cast(self.projection, inputs.dtype))
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects the features at random."""

    def __init__(self, units=8, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.projection = self.add_weight(
            name="projection",
            shape=(input_shape[-1], self.units),
            initializer="random_normal",
            trainable=False,
        )

    def call(self, inputs):
        return tf.matmul(inputs, self.projection)
'''

RULE = Rule(
    code="LD103",
    name="unstable-constant",
    severity=Severity.ERROR,
    needs=Stage.GRADIENT,
    summary="a hidden constant is drawn anew at every construction, or in every process",
    why=(
        "The layer computes with a tensor or array that was drawn at random when the layer was "
        "made, or when its module was imported. It is no weight, so no file holds it. A model "
        "loaded in another process draws another one and answers at random, although every weight "
        "was restored. A seed does not help where other draws come before it."
    ),
    help=(
        "make it a weight that is saved and not trained: `self.projection = self.add_weight("
        'name="projection", shape=shape, initializer="random_normal", trainable=False)`'
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers=("LD104", "LD402", "LD502"),
    covers_all=("LD505",),
)
