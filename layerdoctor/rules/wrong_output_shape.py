"""LD503: a promised output shape that the output does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, grouped

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, BreachKind, LayerFacts

PROMISES: tuple[BreachKind, ...] = ("compute-output-shape", "symbolic")


def check(facts: LayerFacts) -> Iterator[Problem]:
    wrong = list(breaches(facts, "output_shape", *PROMISES))
    for group in grouped(wrong, key=lambda one: (one.subject, one.expected, one.received)):
        first = group[0]
        promise = f"`{first.op}`" if first.op else "the symbolic output"
        message = f"{promise} says {first.expected}, and the output is {first.received}"
        yield Problem(first.subject, message, at=first.location, help=remedy(first))


def remedy(breach: Breach) -> str | None:
    if breach.op != "compute_output_spec":
        return None
    return (
        "make `compute_output_spec` return the shapes and types that `call` gives, the batch size "
        "included, `keras.KerasTensor(shape, dtype)`, or remove it: Keras then finds them by "
        "tracing `call`"
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Puts the squares of the features next to them."""

    def call(self, inputs):
        return tf.concat([inputs, inputs**2], axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Puts the squares of the features next to them."""

    def call(self, inputs):
        return tf.concat([inputs, inputs**2], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * input_shape[-1])
'''

RULE = Rule(
    code="LD503",
    name="wrong-output-shape",
    severity=Severity.ERROR,
    needs="output_shape",
    summary="`compute_output_shape`, or the symbolic output, disagrees with the real output",
    why=(
        "Keras builds the next layer from the shape that this one promises. With a wrong promise "
        "the functional model is built for sizes that never come, and raises in another layer, "
        "or `model.summary()` and the export are wrong."
    ),
    help=(
        "make `compute_output_shape` return the shape that `call` gives, the batch size "
        "included, or remove it: Keras then finds the shape by tracing `call`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers_all=("LD405",),
)
