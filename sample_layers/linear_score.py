"""One score a row."""

import keras
import tensorflow as tf


class LinearScore(keras.layers.Layer):
    """A weighted sum of the features, scaled."""

    def __init__(self, scale=0.5, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, input_shape):
        self.direction = self.add_weight(name="direction", shape=(input_shape[-1],))

    def call(self, inputs):
        return self.scale * tf.matmul(inputs, self.direction)
