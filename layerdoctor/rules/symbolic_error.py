"""LD404: a layer that the functional API cannot call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import (
    MADE_BEFORE,
    adds_state,
    breaches,
    is_of_build,
    leaks_that_raise,
    makes_them_at,
    same_failure,
)
from layerdoctor.wording import told

if TYPE_CHECKING:
    from layerdoctor.facts import Failure, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    leaks = [leak.failure for leak in leaks_that_raise(facts)]
    for breach in breaches(facts, "symbolic", "raised"):
        failure = breach.failure
        if failure and failure.kind == "raised":
            place = failure.location or breach.location
            if makes_them_at(facts, place) or any(same_failure(failure, leak) for leak in leaks):
                continue
            method = "build" if is_of_build(failure) else "call"
            message = f"`{method}` fails on a Keras symbolic input: {told(failure)}"
            yield Problem(None, message, at=place, help=remedy(failure, breach.op))


def remedy(failure: Failure, promise: str | None) -> str | None:
    if promise is not None:
        return (
            f"make `{promise}` return tuples of whole numbers and None, one for each output: "
            "`(input_shape[0], count // 2)`"
        )
    if not adds_state(failure):
        return None
    if is_of_build(failure):
        return (
            "build only what this layer has made itself: a list in a default argument, in the body "
            "of the class or of the module is shared by all layers, with the sub-layers in it"
        )
    return MADE_BEFORE


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Appends a column of zeros."""

    def call(self, inputs):
        column = tf.zeros((inputs.shape[0], 1), inputs.dtype)
        return tf.concat([inputs, column], axis=-1)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Appends a column of zeros."""

    def call(self, inputs):
        column = tf.zeros_like(inputs[:, :1])
        return tf.concat([inputs, column], axis=-1)
'''

RULE = Rule(
    code="LD404",
    name="symbolic-error",
    severity=Severity.WARNING,
    needs="symbolic",
    summary="the layer cannot be called on a Keras symbolic input",
    why=(
        "`layer(keras.Input(...))` calls the layer with a tensor that has a shape and no values, "
        "and the batch size in that shape is None. A layer that computes with "
        "`inputs.shape[0]`, or wants values, raises there, so it cannot be used in a functional "
        "model, nor in a `Sequential` one with an `Input`."
    ),
    help=(
        "leave the batch size open: `-1` in `tf.reshape`, `tf.shape(x)[0]` where a tensor will "
        "do, `tf.zeros_like(x[:, :1])` for tensors that go along with the batch"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
