"""Weights that are not trained, operations that stay finite, tensors that follow their weights."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Breach, Check, Gradient, UntrackedLayer
from layerdoctor.remedies.gradients import (
    frozen_weight,
    guarded_operation,
    mean_loss,
    other_start,
    straight_through,
)
from layerdoctor.remedies.graph import batch_free_shape
from layerdoctor.remedies.tracking import built_sublayers, stale_tensor, tracked_layer
from tests.hand_made import at, weight
from tests.remedies.trying import candidates, case, first

CALL = """
import keras
import numpy as np
import tensorflow as tf
from keras import ops


class Example(keras.layers.Layer):  # layer
    def call(self, inputs):
        {line}
        return inputs
"""

GUARDS = {
    "x = inputs / tf.sqrt(total)": "x = inputs / tf.sqrt(total + 1e-6)",
    "x = tf.math.log(inputs if a else b)": "x = tf.math.log((inputs if a else b) + 1e-6)",
    "x = ops.log(inputs)": "x = ops.log(inputs + 1e-6)",
    "x = tf.norm(inputs, axis=-1, keepdims=True)": (
        "x = tf.sqrt(tf.reduce_sum(tf.square(inputs), axis=-1, keepdims=True) + 1e-6)"
    ),
    "x = inputs / total": "x = inputs / (total + 1e-6)",
    "x = tf.where(mask, inputs, -np.inf)": "x = tf.where(mask, inputs, -1e9)",
    "x = tf.where(mask, inputs, float('-inf'))": "x = tf.where(mask, inputs, -1e9)",
}


@pytest.mark.parametrize(("written", "expected"), GUARDS.items())
def test_an_operation_is_guarded(written: str, expected: str) -> None:
    text = first(
        guarded_operation.REMEDY, case(CALL.format(line=f"{written}  # here"), "LD205", None)
    )
    assert f"        {expected}  # here" in text


def test_a_division_by_a_number_needs_no_guard() -> None:
    tried = case(CALL.format(line="x = inputs / 2.0  # here"), "LD205", None)
    assert not candidates(guarded_operation.REMEDY, tried)


PASSED = {
    "x = tf.round(inputs)": "x = inputs + tf.stop_gradient(tf.round(inputs) - inputs)",
    "x = tf.floor(a * 8.0) / 8.0": (
        "soft = a * 8.0\n        x = (soft + tf.stop_gradient(tf.floor(soft) - soft)) / 8.0"
    ),
    "x = tf.one_hot(tf.argmax(a, axis=-1), 3)": (
        "soft = tf.nn.softmax(a)\n"
        "        x = soft + tf.stop_gradient(tf.one_hot(tf.argmax(a, axis=-1), 3) - soft)"
    ),
    "x = tf.gather(self.rows, tf.argmax(a, axis=-1))": (
        "soft = tf.matmul(tf.nn.softmax(a), self.rows)\n"
        "        x = soft + tf.stop_gradient("
        "tf.gather(self.rows, tf.argmax(a, axis=-1)) - soft)"
    ),
    "x = ops.cast(a < b, 'float32')": (
        "soft = ops.sigmoid(b - a)\n"
        "        x = soft + ops.stop_gradient(ops.cast(a < b, 'float32') - soft)"
    ),
    "x = [tf.round(each * 2.0) for each in a]": (
        "x = [each * 2.0 + tf.stop_gradient(tf.round(each * 2.0) - (each * 2.0)) for each in a]"
    ),
    "soft = tf.round(a * 2.0)": (
        "soft = a * 2.0 + tf.stop_gradient(tf.round(a * 2.0) - (a * 2.0))"
    ),
}


@pytest.mark.parametrize(("written", "expected"), PASSED.items())
def test_a_gradient_is_passed_around_what_has_none(written: str, expected: str) -> None:
    tried = case(CALL.format(line=f"{written}  # here"), "LD202", None)
    assert f"        {expected}  # here" in first(straight_through.REMEDY, tried)


def test_a_gradient_is_passed_around_once() -> None:
    passed = "x = inputs + tf.stop_gradient(tf.round(inputs) - inputs)  # here"
    assert not candidates(straight_through.REMEDY, case(CALL.format(line=passed), "LD202", None))


def test_a_loss_is_averaged_in_the_words_of_the_author() -> None:
    tried = case(CALL.format(line="self.add_loss(inputs)  # here"), "LD211", None)
    assert "self.add_loss(tf.reduce_mean(inputs))" in first(mean_loss.REMEDY, tried)


def test_a_weight_that_is_overwritten_is_not_trained() -> None:
    source = """
    import keras


    class Average(keras.layers.Layer):  # layer
        def build(self, shape):
            self.mean = self.add_weight(
                name="mean",
                trainable=True,
            )

        def call(self, inputs):
            self.mean.assign(inputs)  # here
    """
    tried = case(source, "LD208", "self.mean", weights=(weight("mean", location=at(6)),))
    assert 'name="mean",\n            trainable=False,\n' in first(frozen_weight.REMEDY, tried)


STALE = """
import keras
import tensorflow as tf


class Unit(keras.layers.Layer):  # layer
    def build(self, shape):
        self.kernel = self.add_weight(shape=(3,))
        norm = tf.norm(self.kernel)
        self.unit = self.kernel / norm  # here

    def call(self, inputs):
        return inputs * self.unit
"""


def test_what_is_computed_from_weights_moves_into_the_call_or_a_property() -> None:
    in_call, as_property = candidates(stale_tensor.REMEDY, case(STALE, "LD106", "self.unit"))
    assert in_call.endswith(
        "    def call(self, inputs):\n"
        "        norm = tf.norm(self.kernel)\n"
        "        unit = self.kernel / norm  # here\n"
        "        return inputs * unit\n"
    )
    assert in_call.count("norm = ") == 1
    assert (
        "    @property\n    def unit(self):\n        norm = tf.norm(self.kernel)\n" in as_property
    )


def test_what_rests_on_the_shape_of_the_input_stays() -> None:
    source = STALE.replace("tf.norm(self.kernel)", "shape[-1]")
    assert not candidates(stale_tensor.REMEDY, case(source, "LD106", "self.unit"))


def hidden(attribute: str, **changes: object) -> UntrackedLayer:
    told: dict[str, object] = {
        "class_name": "Dense",
        "framework": "keras",
        "holder": "attribute",
        "location": None,
        "called": True,
        "weights": 2,
        "frozen": False,
        "given": False,
    }
    return UntrackedLayer(attribute=attribute, **told | changes)  # type: ignore[arg-type]


def test_a_container_is_filled_so_that_keras_sees_it_or_taken_in_when_it_is_full() -> None:
    source = """
    import keras


    class Experts(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.experts = [None] * 2
            for index in range(2):
                self.experts[index] = keras.layers.Dense(3)  # here
            self.rate = 1.0
    """
    tried = case(source, "LD102", "self.experts", untracked_layers=(hidden("self.experts[0]"),))
    appended, taken_in, *_ = candidates(tracked_layer.REMEDY, tried)
    assert "self.experts = []\n" in appended
    assert "self.experts.append(keras.layers.Dense(3))  # here" in appended
    expected = "# here\n        self.experts = list(self.experts)\n        self.rate"
    assert expected in taken_in


def test_a_layer_of_keras_2_becomes_one_of_keras_3() -> None:
    source = """
    import keras
    import tf_keras


    class Mixed(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.inner = tf_keras.layers.Dense(3)  # here
    """
    layers = (hidden("self.inner", framework="tf_keras"),)
    tried = case(source, "LD102", "self.inner", untracked_layers=layers)
    assert "self.inner = keras.layers.Dense(3)" in first(tracked_layer.REMEDY, tried)


def test_a_sub_layer_given_to_a_helper_is_held_behind_the_line_that_gives_it() -> None:
    source = """
    import types

    import keras


    class Boxed(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.box = types.SimpleNamespace()
            self.box.dense = keras.layers.Dense(3)  # here
            self.ready = True
    """
    tried = case(source, "LD102", "self.box.dense", untracked_layers=(hidden("self.box.dense"),))
    assert first(tracked_layer.REMEDY, tried).endswith(
        "        self.box.dense = keras.layers.Dense(3)  # here\n"
        "        self.box_dense = self.box.dense\n"
        "        self.ready = True\n"
    )


def test_late_sublayers_are_built_before_build_ends() -> None:
    source = """
    import keras


    class Block(keras.layers.Layer):  # layer
        def build(self, shape):
            self.first = keras.layers.Dense(7)
            self.second = keras.layers.Dense(3)
            super().build(shape)

        def call(self, x):
            return self.second(self.first(x))

        def compute_output_shape(self, shape):
            return shape
    """
    late = tuple(
        weight("kernel", owner=f"self.{name}", created_in="call") for name in ("second", "first")
    )
    found = candidates(built_sublayers.REMEDY, case(source, "LD107", None, weights=late))
    each, chained, _, left = found
    end = "        super().build(shape)\n"
    assert f"self.first.build(shape)\n        self.second.build(shape)\n{end}" in each
    assert (
        f"shape = self.first.compute_output_shape(shape)\n        self.second.build(shape)\n{end}"
        in chained
    )
    assert "compute_output_shape" not in left


def test_what_a_load_finds_unbuilt_is_built_in_a_build_of_its_own() -> None:
    source = """
    import keras


    class Block(keras.layers.Layer):  # layer
        def __init__(self):
            super().__init__()
            self.first = keras.layers.Dense(7)
            self.parts = {"a": keras.layers.Dense(3), "b": keras.layers.Dense(3)}

        def call(self, x):
            return self.parts["a"](x) + self.parts["b"](x) + self.first(x)
    """
    owners = ("self.first", "self.parts['a']", "self.parts['b']")
    unbuilt = Breach(kind="unbuilt", subject="self.first", subjects=owners)
    state = Check(name="state", status="failed", breaches=(unbuilt,))
    text = first(built_sublayers.REMEDY, case(source, "LD107", None, checks=(state,)))
    assert (
        "    def build(self, input_shape):\n"
        "        self.first.build(input_shape)\n"
        "        for layer in self.parts.values():\n"
        "            layer.build(input_shape)\n"
    ) in text


def test_one_of_two_zero_factors_is_left_to_keras() -> None:
    source = """
    import keras


    class Pair(keras.layers.Layer):  # layer
        def build(self, shape):
            self.down = self.add_weight(name="down", shape=(5, 2), initializer="zeros")
            self.up = self.add_weight(name="up", shape=(2, 3), initializer="zeros")

        def call(self, inputs):
            return inputs @ self.down @ self.up  # here
    """
    stuck = Gradient(status="zero", stuck=True, held_by=("self.up",))
    weights = (weight("down", location=at(6), gradient=stuck), weight("up", location=at(7)))
    text = first(other_start.REMEDY, case(source, "LD204", "self.down", weights=weights))
    assert 'self.add_weight(name="down", shape=(5, 2))' in text
    assert 'self.add_weight(name="up", shape=(2, 3), initializer="zeros")' in text


def test_a_weight_has_no_room_for_the_batch() -> None:
    source = """
    import keras


    class Offset(keras.layers.Layer):  # layer
        def build(self, input_shape):
            self.one = self.add_weight(name="one", shape=input_shape)
            self.two = self.add_weight(name="two", shape=(input_shape[0], 3))

        def call(self, inputs):
            return inputs + self.one  # here
    """
    one, two = candidates(batch_free_shape.REMEDY, case(source, "LD504", None))
    assert 'self.add_weight(name="one", shape=input_shape[1:])' in one
    assert 'self.add_weight(name="two", shape=(3,))' in two
