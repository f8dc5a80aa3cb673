"""LD510: a Keras mask that does not fit the output it comes with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, class_line

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for breach in breaches(facts, "mask", "misfit"):
        message = (
            f"a mask of shape {breach.received} comes out with an output of shape "
            f"{breach.expected}, which it does not fit"
        )
        yield Problem(breach.subject, message, at=breach.location or class_line(facts))


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """The mean of the steps that count."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, steps, mask=None):
        if mask is None:
            return tf.reduce_mean(steps, axis=1)
        share = tf.expand_dims(tf.cast(mask, steps.dtype), -1)
        return tf.reduce_sum(share * steps, axis=1) / (tf.reduce_sum(share, axis=1) + 1e-6)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """The mean of the steps that count."""

    def call(self, steps, mask=None):
        if mask is None:
            return tf.reduce_mean(steps, axis=1)
        share = tf.expand_dims(tf.cast(mask, steps.dtype), -1)
        return tf.reduce_sum(share * steps, axis=1) / (tf.reduce_sum(share, axis=1) + 1e-6)

    def compute_mask(self, steps, previous_mask=None):
        return None
'''

RULE = Rule(
    code="LD510",
    name="wrong-mask",
    severity=Severity.ERROR,
    needs="mask",
    summary="the mask that the layer hands on does not fit its output",
    why=(
        "`supports_masking = True` hands the mask of the input on as it is, an entry for every "
        "step. On an output without the steps, or with fewer, it fits nothing: the loss, which "
        "weighs by the mask, raises, or the next layer that takes a mask does, far from here. "
        "Where the number of steps happens to be that of the features, nothing raises and the "
        "weights are wrong."
    ),
    help=(
        "end the mask here: `def compute_mask(self, inputs, previous_mask=None): return None`; "
        "or return the one that fits"
    ),
    bad=Example(source=BAD, shape="2,6,4"),
    good=Example(source=GOOD, shape="2,6,4"),
    check=check,
    covers=("LD508",),
)
