"""LD509: a layer that cannot be frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, grouped
from layerdoctor.wording import listed

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    ignored = list(breaches(facts, "freeze", "ignored"))
    names = tuple(dict.fromkeys(breach.subject for breach in ignored if breach.subject))
    if ignored:
        yield Problem(
            names[0] if names else None,
            f"`layer.trainable = False` leaves {listed(names) or 'weights'} trainable",
            at=ignored[0].location,
            about=names,
        )
    for group in grouped(breaches(facts, "freeze", "unfrozen"), key=lambda one: one.location):
        names = tuple(breach.subject for breach in group if breach.subject)
        yield Problem(
            names[0],
            f"after `layer.trainable = False` the call makes {listed(names)} trainable again",
            at=group[0].location,
            help="leave `trainable` alone in `call`; set it where the layer is made: "
            "`keras.layers.Dense(units, trainable=False)`",
            about=names,
        )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """A trained projection next to a fixed one."""

    def build(self, input_shape):
        shape = (input_shape[-1], 3)
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.fixed = self.add_weight(name="fixed", shape=shape, trainable=False)

    @property
    def trainable_weights(self):
        return [self.kernel]

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel) + tf.matmul(inputs, self.fixed)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """A trained projection next to a fixed one."""

    def build(self, input_shape):
        shape = (input_shape[-1], 3)
        self.kernel = self.add_weight(name="kernel", shape=shape)
        self.fixed = self.add_weight(name="fixed", shape=shape, trainable=False)

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel) + tf.matmul(inputs, self.fixed)
'''

RULE = Rule(
    code="LD509",
    name="ignored-freeze",
    severity=Severity.ERROR,
    needs="freeze",
    summary="`layer.trainable = False` leaves trainable weights",
    why=(
        "Freezing is how a trained part is kept while the rest is fine-tuned. This layer goes on "
        "handing its weights to the optimizer, so the trained values are overwritten although "
        "`layer.trainable` says False."
    ),
    help=(
        "do not override `trainable_weights` or `trainable_variables`; say for each weight "
        "whether it is trained: `self.add_weight(..., trainable=False)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
