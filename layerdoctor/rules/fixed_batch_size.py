"""LD504: a layer that works for one batch size only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, leaks_that_raise
from layerdoctor.wording import told

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    if any(leaks_that_raise(facts)):
        return
    for breach in breaches(facts, "batch_size", "raised", "shape"):
        failure = breach.failure
        if failure is None or failure.kind == "raised":
            at = breach.location or (failure.location if failure else None)
            severity = Severity.NOTE if facts.framework == "tf.Module" else None
            yield Problem(None, message(breach), at=at, severity=severity)


def message(breach: Breach) -> str:
    if breach.kind == "shape":
        return (
            "with another batch size the first size of the output is no longer the batch: "
            f"{breach.received} instead of {breach.expected}"
        )
    works = f"a batch of {breach.expected}" if breach.expected else "the batch size given"
    return f"works for {works} and fails for {breach.received}: {told(breach.failure)}"


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Puts a learned token next to the features."""

    def build(self, input_shape):
        self.rows = input_shape[0]
        self.token = self.add_weight(name="token", shape=(1, input_shape[-1]))

    def call(self, inputs):
        return tf.concat([inputs, tf.tile(self.token, (self.rows, 1))], axis=-1)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Puts a learned token next to the features."""

    def build(self, input_shape):
        self.token = self.add_weight(name="token", shape=(1, input_shape[-1]))

    def call(self, inputs):
        rows = tf.shape(inputs)[0]
        return tf.concat([inputs, tf.tile(self.token, (rows, 1))], axis=-1)
'''

RULE = Rule(
    code="LD504",
    name="fixed-batch-size",
    severity=Severity.WARNING,
    needs="batch_size",
    summary="the layer works for the batch size given and not for another",
    why=(
        "The last batch of an epoch is smaller, `predict` uses 32 rows, and a served model gets "
        "one at a time. A layer that has the batch size of its first input built in fails there, "
        "or quietly mixes rows up, long after the training has begun."
    ),
    help=(
        "take sizes for weights from `input_shape[1:]`, and the batch size from "
        "`tf.shape(inputs)[0]` in `call`; in `tf.reshape` leave it open with `-1`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    help_for_module=(
        "make no variable of the batch size, and take that from `tf.shape(inputs)[0]`; in "
        "`tf.reshape` leave it open with `-1`"
    ),
    covers_all=("LD404",),
)
