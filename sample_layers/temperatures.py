"""One or two numbers that rescale what comes in."""

import keras
import tensorflow as tf


class Temperature(keras.layers.Layer):
    """Divides by a learned temperature."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.temperature = self.add_weight(name="temperature", shape=(), initializer="ones")

    def call(self, logits):
        return logits / self.temperature


class PlainTemperature(keras.layers.Layer):
    """The same with a plain variable."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.temperature = tf.Variable(1.0, name="temperature")

    def call(self, logits):
        return logits / tf.cast(self.temperature, logits.dtype)


class PlattScaling(keras.layers.Layer):
    """A slope and an offset, for the calibration of a classifier."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.slope = self.add_weight(name="slope", shape=(), initializer="ones")
        self.offset = self.add_weight(name="offset", shape=(), initializer="zeros")

    def call(self, logits):
        return self.slope * logits + self.offset
