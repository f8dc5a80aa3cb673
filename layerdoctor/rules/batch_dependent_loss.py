"""LD211: a loss with one value for each sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for breach in breaches(facts, "losses", "per-sample"):
        message = (
            f"`add_loss` is given a tensor of shape {breach.received}, a value for each sample, "
            "and Keras adds them up: the loss grows with the batch"
        )
        yield Problem(None, message, at=breach.location)


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Scales the features, and keeps them small."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        outputs = inputs * self.gain
        self.add_loss(0.01 * tf.reduce_sum(tf.square(outputs), axis=-1))
        return outputs
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Scales the features, and keeps them small."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        outputs = inputs * self.gain
        self.add_loss(0.01 * tf.reduce_mean(tf.reduce_sum(tf.square(outputs), axis=-1)))
        return outputs
'''

RULE = Rule(
    code="LD211",
    name="batch-dependent-loss",
    severity=Severity.WARNING,
    needs="losses",
    summary="`add_loss` is given a value for each sample",
    why=(
        "The losses of a model are averaged over the batch; what a layer adds is summed as it is. "
        "So a term with a value for each sample weighs twice as much in a batch of twice the "
        "size, and another learning rate is right for every batch size. Keras 2 cannot add such "
        "a term to the others and raises in `fit`."
    ),
    help="hand over one number: `self.add_loss(tf.reduce_mean(loss))`",
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers_all=("LD405",),
)
