"""LD406: a training step that XLA cannot compile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, leaks_that_raise, same_line

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    cuts = [weight.gradient.location for weight in facts.weights]
    leaks = any(leaks_that_raise(facts))
    for breach in breaches(facts, "xla", "xla"):
        if breach.failure is None or any(same_line(breach.location, at) for at in cuts):
            continue
        lacks_kernel = breach.failure.exception is None
        if lacks_kernel or not leaks:
            message = (
                f"the training step works, and XLA cannot compile it: {breach.failure.message}"
            )
            yield Problem(None, message, at=breach.location, help=remedy(breach))


def remedy(breach: Breach) -> str | None:
    if not (breach.op or "").startswith("LookupTable"):
        return None
    return (
        "look the values up before the model, in `dataset.map`, and give the layer the result, or "
        "say so in `__init__`, after `super().__init__()`: `self.supports_jit = False`"
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Weighs the share of the rows that have the commonest rounded value."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        rounded = tf.cast(tf.round(inputs[:, 0]), tf.int32)
        _, _, counts = tf.unique_with_counts(rounded)
        share = tf.reduce_max(counts) / tf.size(rounded)
        return inputs * self.gain * tf.cast(share, inputs.dtype)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Weighs the share of the rows that have the commonest rounded value."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        rounded = tf.cast(tf.round(inputs[:, 0]), tf.int32)
        counts = tf.reduce_sum(tf.cast(rounded[:, None] == rounded[None], tf.int32), axis=-1)
        share = tf.reduce_max(counts) / tf.size(rounded)
        return inputs * self.gain * tf.cast(share, inputs.dtype)
'''

RULE = Rule(
    code="LD406",
    name="xla-error",
    severity=Severity.WARNING,
    needs="xla",
    summary="the training step works, and XLA cannot compile it",
    why=(
        "On a machine with a GPU, `compile` of Keras 3 chooses XLA for the training step unless "
        "a layer says otherwise. Some operations have no XLA kernel, and some loops no bound that "
        "XLA needs. Then a model that trains on a laptop fails on the server."
    ),
    help=(
        "use another operation or, where there is none, say so in `__init__`, after "
        "`super().__init__()`: `self.supports_jit = False`; give `tf.while_loop` its "
        "`maximum_iterations`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
