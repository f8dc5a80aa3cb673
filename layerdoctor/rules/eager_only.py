"""LD401: a layer that fails inside ``tf.function``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, leaks_that_raise, makes_them_at, same_failure
from layerdoctor.stages import Stage
from layerdoctor.wording import STAGES, told

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    leaks = [leak.failure for leak in leaks_that_raise(facts)]
    for breach in breaches(facts, "graph", "eager-only"):
        failure = breach.failure
        if failure and failure.kind == "raised":
            place = failure.location or breach.location
            if makes_them_at(facts, place) or any(same_failure(failure, leak) for leak in leaks):
                continue
            what = STAGES[Stage.GRADIENT] if failure.stage is Stage.GRADIENT else "`call`"
            message = f"{what} runs eagerly and fails inside `tf.function`: {told(failure)}"
            help_ = NAMED if "scope name" in failure.message else None
            yield Problem(None, message, at=place, help=help_)


NAMED = (
    "give what is called there a name that begins with a letter or a digit: in a graph TensorFlow "
    "takes no other"
)


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Brings the batch into the range from -1 to 1."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        peak = float(tf.reduce_max(tf.abs(inputs)).numpy())
        return self.gain * inputs / max(peak, 1.0)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Brings the batch into the range from -1 to 1."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        peak = tf.reduce_max(tf.abs(inputs))
        return self.gain * inputs / tf.maximum(peak, 1.0)
'''

RULE = Rule(
    code="LD401",
    name="eager-only",
    severity=Severity.ERROR,
    needs="graph",
    summary="the layer runs eagerly and fails inside `tf.function`, and so in `fit`",
    why=(
        "`fit`, `predict` and export run the layer as a graph, where tensors have no values yet. "
        "So `.numpy()`, `float(tensor)`, NumPy functions and a Python `if` on a tensor raise, "
        "although the layer answers when it is called by hand. Keras 3 does not rewrite Python "
        "branches of `call` into graph operations."
    ),
    help=(
        "use TensorFlow operations: `tf.reduce_max` for `np.max`, `tf.where` or `tf.cond` for "
        "`if`, `tf.shape(x)` for sizes that may vary"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers_all=("LD403", "LD404", "LD405", "LD406"),
)
