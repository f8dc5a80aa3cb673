"""Layers in which the gradient comes back along some ways and not along others."""

import keras
import numpy as np
import tensorflow as tf


class PastTheCut(keras.layers.Layer):
    """The input reaches the output beside the cut as well."""

    def build(self, input_shape):
        self.route = self.add_weight(name="route", shape=(5, 5))
        self.value = self.add_weight(name="value", shape=(5, 5))

    def call(self, x):
        best = tf.one_hot(tf.argmax(tf.matmul(x, self.route), -1), 5)  # LD202: self.route
        return x * tf.matmul(best, self.value)  # product


class PastTheSign(keras.layers.Layer):
    """What comes back through the sign is zero, and not so beside it."""

    def call(self, x):
        side = tf.sign(x)  # sign
        return x + side  # sum


class TwiceNegated(keras.layers.Layer):
    """Two operations of one type that the tape says nothing of, one of them behind a sign."""

    def call(self, x):
        one = -tf.sign(x)  # behind
        two = -x  # beside
        return one + two  # both


class OneOfTwo(keras.layers.Layer):
    """A gradient of the author's own that leaves one input out."""

    def build(self, input_shape):
        self.a = self.add_weight(name="a", shape=(5,), initializer="ones")
        self.b = self.add_weight(name="b", shape=(5,), initializer="ones")

    def call(self, x):
        scaled = _first_only(x * self.a, tf.convert_to_tensor(self.b))  # LD203: self.b
        return scaled * 2.0  # doubled


@tf.custom_gradient
def _first_only(x, y):
    return x * y, lambda upstream: (upstream, None)  # inside


class ChoosingBlock(keras.layers.Layer):  # part
    def build(self, input_shape):
        self.gate = self.add_weight(name="gate", shape=(5,), initializer="ones")
        self.scale = self.add_weight(name="scale", shape=(5,), initializer="ones")

    def call(self, x):
        best = keras.ops.argmax(x * self.gate, axis=-1, keepdims=True)  # LD202: gate (Blocks)
        return x * self.scale * keras.ops.cast(best + 1, x.dtype)


class Blocks(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [ChoosingBlock() for _ in range(4)]

    def build(self, input_shape):
        for block in self.blocks:
            block.build(input_shape)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class ByTheSign(keras.layers.Layer):
    """Takes one of two weights, by the sign of a mean that no draw is bound to have."""

    def build(self, shape):
        self.above = self.add_weight(name="above", shape=shape[-1:])
        self.below = self.add_weight(name="below", shape=shape[-1:])

    def call(self, x):
        chosen = keras.ops.mean(x) > 0.0
        return keras.ops.cond(chosen, lambda: x * self.above, lambda: x * self.below)


class SortedOutside(keras.layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=shape[-1:])

    def call(self, x):
        return tf.constant(np.sort(np.asarray(x), axis=-1)) * self.gain  # LD206 note: leaves TensorFlow
