"""LD402: a symbolic tensor that tracing leaves on the layer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, container
from layerdoctor.wording import told

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts

KEPT = (
    "hold it in a local name or, to look at it from outside, return it as a further output: what "
    "a trace leaves on the layer can be read by nobody"
)


def check(facts: LayerFacts) -> Iterator[Problem]:
    growing = {state.attribute for state in facts.growth.state} if facts.growth else set()
    for leak in breaches(facts, "graph", "leaked"):
        if leak.failure is not None:
            yield harmful(facts, leak)
        elif leak.subject is None or container(leak.subject) not in growing:
            yield Problem(
                leak.subject,
                f"tracing leaves a symbolic tensor in `{leak.subject}`, which has no value",
                at=leak.location,
                help=KEPT,
                severity=Severity.NOTE,
                shared=owner(leak),
            )


def owner(leak: Breach) -> str | None:
    """The layer that keeps it: a call that keeps one tensor on it as a rule keeps several."""
    if leak.subject is None:
        return None
    return re.sub(r"\[[^\[\]]*\]", "[]", leak.subject).rpartition(".")[0]


def harmful(facts: LayerFacts, leak: Breach) -> Problem:
    return Problem(
        leak.subject,
        f"tracing leaves a symbolic tensor in `{leak.subject}`, and a later call raises "
        f"{told(leak.failure)}",
        at=leak.location,
        help=remedy(facts, leak.subject or ""),
        shared=owner(leak),
    )


def remedy(facts: LayerFacts, subject: str) -> str | None:
    """What to do where the tensor takes the place of a weight, which then has its name alone."""
    if not any(
        f"self.{weight.attribute.removeprefix('self.')}" == subject for weight in facts.weights
    ):
        return None
    return (
        f"give the weight the value, `{subject}.assign(value)`: `{subject} = value` puts a tensor "
        "in its place"
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Weighs the features by their position."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.ramp = None

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        if self.ramp is None:
            self.ramp = tf.linspace(0.5, 1.0, inputs.shape[-1])
        return inputs * self.gain * tf.cast(self.ramp, inputs.dtype)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Weighs the features by their position."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        ramp = tf.linspace(0.5, 1.0, inputs.shape[-1])
        return inputs * self.gain * tf.cast(ramp, inputs.dtype)
'''

RULE = Rule(
    code="LD402",
    name="leaked-tensor",
    severity=Severity.ERROR,
    needs="graph",
    summary="tracing leaves a symbolic tensor on the layer",
    why=(
        "If the first call is traced, as in `fit`, what `call` stores on the layer is a symbolic "
        "tensor of that one graph. The next graph, or an eager call, cannot use it and raises "
        '"out of scope". Whether it works depends on what was called first, so it passes in a '
        "notebook and fails in training. If the tensor is only kept to look at, it is a note: "
        "it holds no value."
    ),
    help=(
        "compute it in every call, which costs nothing in a graph, or make it once in `build` "
        "with `self.add_weight(..., trainable=False)`; what goes on from call to call is such a "
        "weight, too: `self.total.assign_add(value)`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    help_for_module=(
        "compute it in every call, which costs nothing in a graph, or make it once in `__init__`, "
        "`tf.Variable(..., trainable=False)`"
    ),
    covers=("LD104", "LD502"),
)
