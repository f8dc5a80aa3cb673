"""Rounding that lets gradients pass."""

import keras
import tensorflow as tf


class StraightThroughGrid(keras.layers.Layer):
    """Rounds to a grid of learned width on the way forth, and not on the way back."""

    def build(self, input_shape):
        self.width = self.add_weight(name="width", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        scaled = inputs / self.width
        rounded = scaled + tf.stop_gradient(tf.round(scaled) - scaled)
        return rounded * self.width
