"""A learned filter bank."""

import keras
import numpy as np
import tensorflow as tf


class GaussianBands(keras.layers.Layer):
    """How much of each Gaussian band is in every row of a spectrum."""

    def __init__(self, bands=4, **kwargs):
        super().__init__(**kwargs)
        self.bands = bands

    def build(self, input_shape):
        self.means = self.add_weight(
            name="means", shape=(self.bands,), initializer="random_uniform"
        )
        self.columns = tf.expand_dims(tf.convert_to_tensor(self.means), axis=1)
        self.places = np.linspace(-1.0, 1.0, input_shape[-1], dtype="float32")

    def call(self, spectra):
        filters = tf.exp(-tf.square(self.places - self.columns))
        return tf.matmul(spectra, tf.cast(filters, spectra.dtype), transpose_b=True)
