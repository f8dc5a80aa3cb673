"""Layers and what became of them: the same, or something else."""

import keras
import tensorflow as tf


class Shifted(keras.layers.Layer):
    def call(self, inputs):
        return inputs + 1.0


class ShiftedFurther(keras.layers.Layer):
    def call(self, inputs):
        return inputs + 1.1


class Logarithm(keras.layers.Layer):
    def call(self, inputs):
        return tf.math.log(inputs)


class LogarithmOfSize(keras.layers.Layer):
    def call(self, inputs):
        return tf.math.log(tf.abs(inputs))


class Stale(keras.layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])
        self.twice = 2.0 * self.gain

    def call(self, inputs):
        return inputs * self.twice


class Current(keras.layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        return inputs * 2.0 * self.gain
