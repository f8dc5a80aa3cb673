"""Layers of Keras 2 in the formats that it has beside its archive."""

# aside: LD104 LD107 LD206 LD505 LD508

import tensorflow as tf
from tf_keras import layers


class Nameless(layers.Layer):
    """Its weights have the same name in a file of HDF5."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 3))
        self.bias = self.add_weight(shape=(3,))  # LD502 note: no name of its own

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel) + self.bias


class NumberedParts(layers.Layer):
    """A checkpoint knows parts by names of text."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = {0: layers.Dense(3), 1: layers.Dense(3)}  # LD502 note: self.parts

    def call(self, inputs):
        return self.parts[0](inputs) * self.parts[1](inputs)


class NamedParts(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = {"first": layers.Dense(3), "second": layers.Dense(3)}

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=())

    def call(self, inputs):
        return self.gain * self.parts["first"](inputs) * self.parts["second"](inputs)


class BuildsItsParts(layers.Layer):
    def build(self, input_shape):
        self.first = layers.Dense(5)
        self.second = layers.Dense(5)  # LD502 note: self.second.bias
        self.first.build(input_shape)
        self.second.build(input_shape)

    def call(self, inputs):
        return self.first(inputs) * self.second(inputs)
