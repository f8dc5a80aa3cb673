"""Calendar features."""

import keras
import numpy as np
import tensorflow as tf


class WeekdayLookup(keras.layers.Layer):
    """Turns a weekday from 0 to 6 into a point on a circle."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        angle = 2 * np.pi * np.arange(7) / 7
        circle = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
        self.table = tf.constant(circle, dtype=self.compute_dtype)

    def call(self, weekdays):
        return tf.gather(self.table, weekdays)
