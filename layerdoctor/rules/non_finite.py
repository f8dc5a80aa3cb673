"""LD205: NaN or infinity where the input is ordinary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import grouped
from layerdoctor.stages import Stage
from layerdoctor.wording import listed

if TYPE_CHECKING:
    from layerdoctor.facts import InputValues, LayerFacts, NonFinite

INPUTS: dict[InputValues, str] = {
    "ordinary": "ordinary inputs",
    "zeros": "an input of zeros",
    "masked": "a mask or a boolean input that is False all over",
}


def check(facts: LayerFacts) -> Iterator[Problem]:
    told: set[object] = set()
    for inputs in INPUTS:
        seen = [one for one in facts.nonfinite or () if one.inputs == inputs]
        outputs = [one for one in seen if one.where == "output"]
        for group in grouped(outputs or seen, key=lambda one: (one.op, one.location)):
            place = (group[0].op, group[0].location)
            if place not in told:
                yield problem(group)
            told.add(place)


def problem(group: Sequence[NonFinite]) -> Problem:
    first = group[0]
    names = tuple(dict.fromkeys(one.subject for one in group))
    what = "the output" if first.where == "output" else f"the gradient of {listed(names)}"
    verb = "is" if first.where == "output" else "has"
    first_in = f", first in `{first.op}`" if first.op else ""
    value = first.value if verb == "has" else f"not finite ({first.value})"
    return Problem(
        first.subject,
        f"{what} {verb} {value} for {INPUTS[first.inputs]}{first_in}",
        at=first.location,
        about=names,
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Standardises the features of every row."""

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=[-1], keepdims=True)
        return (inputs - mean) / tf.sqrt(variance)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Standardises the features of every row."""

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, axes=[-1], keepdims=True)
        return (inputs - mean) / tf.sqrt(variance + 1e-3)
'''

RULE = Rule(
    code="LD205",
    name="non-finite",
    severity=Severity.ERROR,
    needs=Stage.GRADIENT,
    summary="an output or a gradient is NaN or infinite for ordinary inputs or for zeros",
    why=(
        "One NaN in a gradient makes every weight NaN at the next step, and the training cannot "
        "recover. An input of zeros is ordinary: padding, an empty image, a unit that is off. "
        "There `tf.norm` and `tf.sqrt` have an infinite slope, `log` is infinite, and a "
        "division by the sum or the length is 0/0."
    ),
    help=(
        "keep away from the singular point: `tf.sqrt(x + 1e-6)`, `tf.math.log(x + 1e-6)`, "
        "`tf.math.divide_no_nan(a, b)`, `tf.math.l2_normalize(x, axis=-1, epsilon=1e-6)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
