"""Calls that needed values, or one batch size, and no longer do."""

from __future__ import annotations

from layerdoctor.remedies import marker
from layerdoctor.remedies.graph import open_batch_size, tensor_functions, uncompiled
from layerdoctor.target import Input
from tests.remedies.trying import candidates, case, first

CALL = """
import keras
import numpy as np
import tensorflow as tf


class Example(keras.layers.Layer):  # layer
    def build(self, input_shape):
        self.rows = input_shape[0]

    def call(self, inputs):
        {line}
        return inputs
"""


def line_of(text: str) -> str:
    return next(line for line in text.splitlines() if line.endswith("# here")).strip()


def test_functions_of_numpy_and_python_become_those_of_tensorflow() -> None:
    ways = {
        "peak = float(np.max(np.abs(inputs)).item())": "peak = tf.reduce_max(tf.abs(inputs))",
        "peak = max(tf.reduce_max(inputs).numpy(), 1.0)": (
            "peak = tf.maximum(tf.reduce_max(inputs), 1.0)"
        ),
        "peak = float(np.abs(inputs.numpy()).max())": "peak = tf.reduce_max(tf.abs(inputs))",
        "x = tf.numpy_function(np.sort, [inputs], tf.float32)": "x = tf.sort(inputs)",
        "rows = len(inputs)": "rows = tf.shape(inputs)[0]",
    }
    for written, expected in ways.items():
        tried = case(CALL.format(line=f"{written}  # here"), "LD401", None)
        assert line_of(first(tensor_functions.REMEDY, tried)) == f"{expected}  # here"


def test_the_batch_size_is_left_open_or_asked_of_the_tensor() -> None:
    ways = {
        "flat = tf.reshape(inputs, (inputs.shape[0], 10))": "flat = tf.reshape(inputs, (-1, 10))",
        "rows = inputs.shape[0]": "rows = tf.shape(inputs)[0]",
        "tiled = tf.tile(self.token, (self.rows, 1))": (
            "tiled = tf.tile(self.token, (tf.shape(inputs)[0], 1))"
        ),
    }
    for written, expected in ways.items():
        tried = case(CALL.format(line=f"{written}  # here"), "LD504", None)
        assert line_of(first(open_batch_size.REMEDY, tried)) == f"{expected}  # here"


def test_what_is_flattened_keeps_the_sizes_that_are_known() -> None:
    line = "flat = tf.reshape(inputs, (inputs.shape[0], -1))  # here"
    tried = case(CALL.format(line=line), "LD404", None, inputs=(Input(shape=(4, 5, 6)),))
    found = [line_of(each) for each in candidates(open_batch_size.REMEDY, tried)]
    assert "flat = tf.reshape(inputs, (-1, inputs.shape[1] * inputs.shape[2]))  # here" in found


def test_a_call_without_any_of_that_is_left_alone() -> None:
    tried = case(CALL.format(line="inputs = tf.abs(inputs)  # here"), "LD401", None)
    assert not candidates(tensor_functions.REMEDY, tried)


def test_a_marker_goes_and_other_words_stay() -> None:
    ways = {
        "x = 1  # layerdoctor: ignore[LD101] # here": "x = 1  # here",
        "x = 1  # layerdoctor: ignore[LD101, LD202] why # here": (
            "x = 1  # layerdoctor: ignore[LD202] why # here"
        ),
    }
    for written, expected in ways.items():
        tried = case(CALL.format(line=written), "LD901", "LD101")
        assert line_of(first(marker.REMEDY, tried)) == expected


def test_a_method_is_left_to_keras_to_compile() -> None:
    source = """
    import keras
    import tensorflow as tf


    class Compiled(keras.layers.Layer):  # layer
        @tf.function(jit_compile=True)  # here
        def call(self, inputs):
            return inputs * self.gain
    """
    text = first(uncompiled.REMEDY, case(source, "LD403", None))
    assert text.endswith(
        "  # layer\n    def call(self, inputs):\n        return inputs * self.gain\n"
    )


def test_only_the_decorator_that_compiles_goes() -> None:
    source = """
    import keras


    class Plain(keras.layers.Layer):  # layer
        @property  # here
        def gain(self):
            return 2.0
    """
    assert not candidates(uncompiled.REMEDY, case(source, "LD403", None))
