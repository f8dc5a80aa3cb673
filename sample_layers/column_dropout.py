"""Dropout of whole features."""

import keras
import tensorflow as tf


class ColumnDropout(keras.layers.Layer):
    """Drops features, the same ones in every row of a batch."""

    def __init__(self, rate=0.3, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs):
        return tf.nn.dropout(inputs, self.rate, noise_shape=(1, inputs.shape[-1]))
