"""Layers of Keras 2 as they are trained: what fails in `fit` alone, and what works there."""

# aside: LD104 LD107 LD206 LD505 LD508

import tensorflow as tf
import tf_keras
from tf_keras import layers


class Ball(tf_keras.constraints.Constraint):  # part
    def __call__(self, weight):
        size = float(tf.norm(weight))  # LD405 error: of a functional model (Bounded)
        return weight * 2.0 / max(size, 2.0)


class Bounded(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], constraint=Ball())

    def call(self, inputs):
        return inputs * self.gain


class Softly(tf_keras.constraints.Constraint):  # part
    def __call__(self, weight):
        return weight * 2.0 / tf.maximum(tf.norm(weight), 2.0)


class SoftlyBounded(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], constraint=Softly())

    def call(self, inputs):
        return inputs * self.gain


class Positions(layers.Layer):  # inputs: 2,6,4
    """Keras 2 builds every layer outside of graphs, so what `build` keeps has values."""

    def build(self, input_shape):
        self.ramp = tf.linspace(0.0, 1.0, input_shape[1])[:, None]
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        return inputs + self.gain * self.ramp


class Code(layers.Layer):
    def build(self, input_shape):
        self.mean = self.add_weight(name="mean", shape=(input_shape[-1], 2))

    def call(self, inputs):
        mean = inputs @ self.mean
        self.add_loss(0.5 * tf.reduce_sum(tf.square(mean), axis=-1))  # LD211: (4,)
        return mean


class Branches(layers.Layer):
    """Keras 2 makes operations of the branches of `call`."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        if tf.reduce_sum(inputs) > 0.0:
            return inputs * self.gain
        return inputs - self.gain


class Squeezed(layers.Layer):  # inputs: 4,6,1
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(input_shape[1],))

    def call(self, inputs):
        return tf.squeeze(inputs) * self.gain  # LD504: (6,) instead of (1, 6)


class Moving(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")
        self.level = self.add_weight(
            name="level", shape=input_shape[-1:], initializer="zeros", trainable=False
        )

    def call(self, inputs, training=False):
        if training:
            level = tf.reduce_mean(inputs, axis=0)
            self.level.assign(0.9 * self.level + 0.1 * level)
        else:
            level = tf.convert_to_tensor(self.level)
        return (inputs - level) * self.gain


class Reader(layers.Layer):  # inputs: 3,6:int32:0..9
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = layers.Embedding(10, 4)
        self.read = layers.GRU(3)

    def build(self, input_shape):
        self.table.build(input_shape)
        self.read.build((*input_shape, 4))

    def call(self, tokens):
        return {"read": self.read(self.table(tokens)), "longest": tf.reduce_max(tokens, axis=-1)}
