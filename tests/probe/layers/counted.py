"""Layers of every usual kind that count the executions of their own ``call``.

They print a line into a file, which an eager run and an executed graph both do, and a trace does
not; nothing of it is on the layer.
"""

import os

import keras
import numpy as np
import tensorflow as tf


def count():
    tf.print("call", output_stream=f"file://{os.environ['CALLS']}")


class Dense(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        count()
        return tf.matmul(inputs, self.kernel)


class ManyWeights(keras.layers.Layer):
    def build(self, input_shape):
        self.offsets = [
            self.add_weight(name=f"offset{number}", shape=input_shape[-1:]) for number in range(300)
        ]

    def call(self, inputs):
        count()
        return inputs + tf.add_n([tf.convert_to_tensor(offset) for offset in self.offsets])


class Dropout(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.drop = keras.layers.Dropout(0.5)

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs, training=None):
        count()
        return tf.matmul(self.drop(inputs, training=training), self.kernel)


class Averages(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))
        self.mean = self.add_weight(name="mean", shape=(), initializer="zeros", trainable=False)

    def call(self, inputs, training=False):
        count()
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(inputs))
        return tf.matmul(inputs - self.mean, self.kernel)


class Remembers(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))
        self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", trainable=False)

    def call(self, inputs):
        count()
        seen = self.seen.assign_add(tf.reduce_mean(inputs))
        return tf.matmul(inputs, self.kernel) * tf.cast(seen, inputs.dtype)


class Masked(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs, mask=None, training=None):
        count()
        kept = inputs if mask is None else inputs * tf.cast(mask, inputs.dtype)[..., tf.newaxis]
        return tf.matmul(kept, self.kernel)


class Shaped(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs, training=None):
        count()
        return tf.matmul(inputs, self.kernel)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3)


class Waves(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.waves = np.sin(np.arange(1.0, 6.0)).astype("float32")

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs, training=None):
        count()
        waves = tf.cast(tf.constant(self.waves), inputs.dtype)
        return tf.matmul(inputs * waves, self.kernel)


class PlainModule(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.ones((5, 3)))

    def __call__(self, inputs):
        count()
        return tf.matmul(inputs, self.kernel)


class ManyUnused(keras.layers.Layer):
    def build(self, input_shape):
        self.offsets = [
            self.add_weight(name=f"offset{number}", shape=input_shape[-1:]) for number in range(30)
        ]

    def call(self, inputs, training=None):
        count()
        return inputs * 2.0


class ManyCut(ManyUnused):
    def call(self, inputs, training=None):
        count()
        return inputs + tf.add_n([tf.round(offset) for offset in self.offsets])


class ManyTables(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.tables = [np.cos(number + np.arange(5.0)).astype("float32") for number in range(30)]
        self.waves = [tf.sin(number + tf.range(5.0)) for number in range(30)]

    def call(self, inputs, training=None):
        count()
        return inputs * sum(tf.constant(table) for table in self.tables) + tf.add_n(self.waves)


class ManyStuck(ManyUnused):
    def build(self, input_shape):
        self.offsets = [
            self.add_weight(name=f"offset{number}", shape=input_shape[-1:], initializer="zeros")
            for number in range(30)
        ]

    def call(self, inputs, training=None):
        count()
        return inputs + tf.add_n([tf.abs(offset) for offset in self.offsets])


class ManyGates(keras.layers.Layer):
    def build(self, input_shape):
        self.gates = [
            self.add_weight(name=f"gate{number}", shape=(), initializer="zeros")
            for number in range(6)
        ]
        self.kernels = [self.add_weight(name=f"kernel{number}", shape=(5, 5)) for number in range(6)]

    def call(self, inputs, training=None):
        count()
        hidden = inputs
        for gate, kernel in zip(self.gates, self.kernels):
            hidden = inputs + gate * tf.tanh(tf.matmul(hidden, kernel))
        return hidden


class OftenDropped(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 5))

    def call(self, inputs, training=False):
        count()
        if training and np.random.rand() < 0.999:
            return inputs
        return inputs + tf.matmul(inputs, self.kernel)
