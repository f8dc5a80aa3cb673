"""A classifier head that starts from how frequent the classes are."""

import keras
import tensorflow as tf


class PriorLogits(keras.layers.Layer):
    """A matrix, and the logarithm of the class frequencies as a bias that is not trained."""

    def __init__(self, frequencies, **kwargs):
        super().__init__(**kwargs)
        self.frequencies = frequencies
        self.log_prior = tf.math.log(tf.constant(frequencies))

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], len(self.frequencies)))

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel) + self.log_prior
