"""LD505: a layer that does not follow a mixed precision policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches
from layerdoctor.wording import told

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for breach in breaches(facts, "mixed_precision", "raised", "dtype"):
        if breach.kind == "dtype":
            yield other_type(breach)
        elif breach.failure and breach.failure.kind == "raised":
            when = " in training" if breach.failure.training else ""
            message = f"`call` fails{when} under the `mixed_float16` policy: {told(breach.failure)}"
            yield Problem(None, message, at=breach.failure.location or breach.location)


def other_type(breach: Breach) -> Problem:
    by = f", by an explicit `{breach.op}`" if breach.op else ""
    if breach.op and "cast" not in breach.op:  # which gives its operands one type by itself
        by = f", from `{breach.op}` on"
    return Problem(
        breach.subject,
        f"under the `mixed_float16` policy the output is {breach.received} and not "
        f"{breach.expected}{by}",
        at=breach.location,
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Looks up a vector for every category."""

    def __init__(self, categories=7, **kwargs):
        super().__init__(**kwargs)
        self.categories = categories

    def build(self, input_shape):
        self.vectors = self.add_weight(name="vectors", shape=(self.categories, 4))

    def call(self, ids):
        chosen = tf.one_hot(ids, self.categories)
        return tf.matmul(chosen, self.vectors)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Looks up a vector for every category."""

    def __init__(self, categories=7, **kwargs):
        super().__init__(**kwargs)
        self.categories = categories

    def build(self, input_shape):
        self.vectors = self.add_weight(name="vectors", shape=(self.categories, 4))

    def call(self, ids):
        chosen = tf.one_hot(ids, self.categories, dtype=self.compute_dtype)
        return tf.matmul(chosen, self.vectors)
'''

RULE = Rule(
    code="LD505",
    name="broken-mixed-precision",
    severity=Severity.NOTE,
    needs="mixed_precision",
    summary="the layer fails under the `mixed_float16` policy, or returns another type",
    why=(
        'Under `keras.mixed_precision.set_global_policy("mixed_float16")` inputs and weights '
        "arrive in `call` as float16. A tensor made as float32 does not mix with them, and "
        "TensorFlow raises; or everything after it silently runs in float32, and the policy "
        "gains nothing. Where models are trained so, raise the rule in the config: "
        '`severity = { LD505 = "error" }`.'
    ),
    help=(
        "make tensors in the layer's own type: `tf.cast(x, self.compute_dtype)`, "
        "`tf.one_hot(ids, n, dtype=self.compute_dtype)`, `tf.zeros(shape, inputs.dtype)`"
    ),
    bad=Example(source=BAD, shape="4,3:int32:0..6"),
    good=Example(source=GOOD, shape="4,3:int32:0..6"),
    check=check,
)
