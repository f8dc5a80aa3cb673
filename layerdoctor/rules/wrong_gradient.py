"""LD207: a custom gradient that is not the gradient of its function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.stages import Stage

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts

TOLERANCE = {"float64": 1e-3, "float32": 0.05}
"""The relative error that central differences may have, by the type they are taken in."""

IDIOMS = {
    "piecewise-constant": ", as a straight-through estimator does",
    "identity": ", as a reversal or a scaling of the gradient does",
}


def check(facts: LayerFacts) -> Iterator[Problem]:
    for compared in facts.gradient_checks or ():
        if compared.error > TOLERANCE[compared.precision]:
            yield Problem(
                compared.function,
                f"the custom gradient of `{compared.function}` gives {compared.analytic:.3g} "
                f"where central differences give {compared.numeric:.3g}"
                f"{IDIOMS.get(compared.idiom or '', '')}",
                at=compared.location,
                help="nothing, if it is meant" if compared.idiom else None,
                severity=Severity.NOTE if compared.idiom else None,
            )


BAD = '''\
import keras
import tensorflow as tf


@tf.custom_gradient
def squared(x):
    def backward(upstream):
        return upstream * x

    return x * x, backward


class Example(keras.layers.Layer):
    """Squares the input."""

    def call(self, inputs):
        return squared(inputs)
'''

GOOD = '''\
import keras
import tensorflow as tf


@tf.custom_gradient
def squared(x):
    def backward(upstream):
        return upstream * 2.0 * x

    return x * x, backward


class Example(keras.layers.Layer):
    """Squares the input."""

    def call(self, inputs):
        return squared(inputs)
'''

RULE = Rule(
    code="LD207",
    name="wrong-gradient",
    severity=Severity.WARNING,
    needs=Stage.GRADIENT,
    summary="a custom gradient disagrees with central finite differences",
    why=(
        "TensorFlow believes what `tf.custom_gradient` is told. With a factor forgotten or a "
        "sign turned, the training still moves, but not downhill: it is slow or unstable, and "
        "no message points here. The gradient was compared with central differences of the "
        "function along random directions."
    ),
    help=(
        "derive the backward function again, the inner derivative and every factor included, or "
        "leave `tf.custom_gradient` away"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
