"""LD508: a Keras mask that ends in this layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, class_line

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for breach in breaches(facts, "mask", "dropped"):
        message = "the mask of the input is lost, although the output keeps the time axis"
        help_ = RESET if breach.attribute else None
        yield Problem(breach.subject, message, at=breach.location or class_line(facts), help=help_)


RESET = (
    "set `self.supports_masking = True` after `super().__init__(...)`, which sets it to what it is "
    "by default"
)


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects every step of a sequence."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, sequence):
        return tf.matmul(sequence, self.kernel)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects every step of a sequence."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, sequence):
        return tf.matmul(sequence, self.kernel)
'''

RULE = Rule(
    code="LD508",
    name="dropped-mask",
    severity=Severity.NOTE,
    needs="mask",
    summary="an incoming Keras mask is lost although the time axis is kept",
    why=(
        "A mask made by `Embedding(mask_zero=True)` or `Masking` travels along with the tensor "
        "and tells the layers behind which steps are padding. A layer that does not say that it "
        "supports masking ends it. Attention, recurrent layers and the loss then treat the "
        "padding as data."
    ),
    help="set `self.supports_masking = True` in `__init__`, or define `compute_mask`",
    bad=Example(source=BAD, shape="2,6,4"),
    good=Example(source=GOOD, shape="2,6,4"),
    check=check,
)
