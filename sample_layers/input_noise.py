"""Noise against overfitting."""

import keras
import numpy as np


class InputNoise(keras.layers.Layer):
    """Adds Gaussian noise while training."""

    def __init__(self, deviation=0.1, **kwargs):
        super().__init__(**kwargs)
        self.deviation = deviation

    def call(self, inputs, training=True):
        if not training:
            return inputs
        noise = np.random.normal(0.0, self.deviation, size=inputs.shape[1:])
        return inputs + noise.astype(self.compute_dtype)
