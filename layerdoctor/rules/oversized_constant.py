"""LD105: a hidden constant that is too large to be copied around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.stages import Stage
from layerdoctor.wording import described

if TYPE_CHECKING:
    from layerdoctor.facts import Constant, LayerFacts

LIMIT = 16 * 2**20
"""Bytes."""


def check(facts: LayerFacts) -> Iterator[Problem]:
    for constant in facts.constants:
        matters = constant.used is not False and constant.copied is not False
        if constant.bytes > LIMIT and matters and not is_kept(constant):
            copied = "every traced graph" if constant.kind == "ndarray" else "every exported model"
            message = f"`{constant.name}` ({described(constant)}) is copied into {copied}"
            yield Problem(constant.name, message, at=constant.location)


def is_kept(constant: Constant) -> bool:
    """Whether it is a result that a call has stored, rather than something to compute with."""
    return constant.created_in == "call" and constant.holder != "inline"


BAD = '''\
import keras
import numpy as np
import tensorflow as tf


class Example(keras.layers.Layer):
    """Looks up a fixed code for every identifier."""

    def __init__(self, rows=70_000, width=64, **kwargs):
        super().__init__(**kwargs)
        codes = np.linspace(-1.0, 1.0, rows * width, dtype="float32")
        self.codes = codes.reshape(rows, width)

    def call(self, ids):
        return tf.cast(tf.gather(self.codes, ids), self.compute_dtype)
'''

GOOD = '''\
import keras
import numpy as np
import tensorflow as tf


class Example(keras.layers.Layer):
    """Looks up a fixed code for every identifier."""

    def __init__(self, rows=70_000, width=64, **kwargs):
        super().__init__(**kwargs)
        self.shape = (rows, width)

    def build(self, input_shape):
        codes = np.linspace(-1.0, 1.0, np.prod(self.shape), dtype="float32")
        self.codes = self.add_weight(
            name="codes",
            shape=self.shape,
            initializer=keras.initializers.Constant(codes.reshape(self.shape)),
            trainable=False,
        )

    def call(self, ids):
        return tf.gather(self.codes, ids)
'''

RULE = Rule(
    code="LD105",
    name="oversized-constant",
    severity=Severity.WARNING,
    needs=Stage.GRADIENT,
    summary="a hidden constant of more than 16 MiB",
    why=(
        "A NumPy array becomes a constant of every graph that is traced, one copy each, which "
        "makes tracing slow and fills the memory; a tensor is written into every exported "
        "model. A serialised graph cannot pass 2 GiB, so such a layer fails one day when the "
        "table has grown. A weight is held once and referred to."
    ),
    help=(
        'make it a weight that is not trained: `self.codes = self.add_weight(name="codes", '
        "shape=codes.shape, initializer=keras.initializers.Constant(codes), trainable=False)`"
    ),
    bad=Example(source=BAD, shape="4,3:int32:0..69999"),
    good=Example(source=GOOD, shape="4,3:int32:0..69999"),
    check=check,
    help_for_module=(
        "make it a variable that is not trained: `self.codes = tf.Variable(codes, trainable=False)`"
    ),
    covers=("LD104",),
)
