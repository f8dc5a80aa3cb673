"""A learned temperature in Keras 2, which tracks plain variables."""

import tensorflow as tf
import tf_keras


class LegacyTemperature(tf_keras.layers.Layer):
    """Divides by a learned temperature."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.temperature = tf.Variable(1.0, name="temperature")

    def call(self, logits):
        return logits / tf.cast(self.temperature, logits.dtype)
