"""Tensors in the type that the layer computes in."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Constant
from layerdoctor.remedies.contract import compute_type
from tests.remedies.trying import candidates, case

CALL = """
import keras
import tensorflow as tf
from keras import ops


class Example(keras.layers.Layer):  # layer
    def call(self, inputs, other):
        first = tf.zeros((3,))
        {line}  # here
        return inputs
"""

WAYS = {
    "x = tf.one_hot(inputs, 7)": "x = tf.one_hot(inputs, 7, dtype=self.compute_dtype)",
    "x = tf.cast(tf.range(3), tf.float32)[:, None]": (
        "x = tf.cast(tf.range(3), self.compute_dtype)[:, None]"
    ),
    "x = inputs + self.generator.normal((5,))": (
        "x = inputs + self.generator.normal((5,), dtype=self.compute_dtype)"
    ),
    'x = ops.cast(other, "float32")': "x = ops.cast(other, self.compute_dtype)",
    "x = inputs + tf.random.normal(tf.shape(inputs))": (
        "x = inputs + tf.random.normal(tf.shape(inputs), dtype=self.compute_dtype)"
    ),
    "x = ops.ones((3, 3), dtype='float32')": "x = ops.ones((3, 3), dtype=self.compute_dtype)",
    "x = inputs * self.table[:3]": "x = inputs * tf.cast(self.table, self.compute_dtype)[:3]",
    "x = inputs * tf.linspace(0.0, 1.0, 5)": (
        "x = inputs * tf.cast(tf.linspace(0.0, 1.0, 5), self.compute_dtype)"
    ),
    "x = inputs * tf.constant([1.0, 2.0])": (
        "x = inputs * tf.constant([1.0, 2.0], dtype=self.compute_dtype)"
    ),
}


def tried(line: str) -> list[str]:
    table = Constant(
        name="self.table", holder="attribute", kind="ndarray", shape=(5,), dtype="float32",
        bytes=20, stable=True, used=True,
    )  # fmt: skip
    return candidates(
        compute_type.REMEDY, case(CALL.format(line=line), "LD505", None, constants=(table,))
    )


@pytest.mark.parametrize(("written", "expected"), WAYS.items())
def test_the_type_of_the_layer_is_said_on_the_line(written: str, expected: str) -> None:
    texts = tried(written)
    alone = [text for text in texts if "first = tf.zeros((3,))\n" in text]
    assert f"        {expected}  # here\n" in alone[0]


def test_what_is_made_before_is_typed_and_then_what_goes_in_and_out_is_cast() -> None:
    *_, typed, cast, returned = tried("x = self.table * first + other")
    assert "first = tf.zeros((3,), dtype=self.compute_dtype)" in typed
    assert "x = tf.cast(self.table, self.compute_dtype) * first + other" in typed
    assert "* first + tf.cast(other, self.compute_dtype)" in cast
    assert "return tf.cast(inputs, self.compute_dtype)" in returned


def test_a_type_that_is_said_already_stays() -> None:
    for line in ("x = tf.zeros((3,), tf.int32)", "x = tf.one_hot(inputs, 7, dtype=inputs.dtype)"):
        assert all(line in text for text in tried(line))
