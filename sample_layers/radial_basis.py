"""Distances to learned centres."""

import keras
import tensorflow as tf


class RadialBasis(keras.layers.Layer):
    """The inverse distance of each row to each centre."""

    def __init__(self, centres=6, **kwargs):
        super().__init__(**kwargs)
        self.count = centres

    def build(self, input_shape):
        self.centres = self.add_weight(
            name="centres", shape=(self.count, input_shape[-1]), initializer="random_normal"
        )

    def call(self, inputs):
        offsets = inputs[:, tf.newaxis, :] - self.centres
        return 1.0 / (1.0 + tf.reduce_sum(tf.square(offsets), axis=-1))

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.count)

    def get_config(self):
        return {**super().get_config(), "centres": self.count}
