"""A penalty with a memory."""

import keras
from keras import ops


class ActivityMemory(keras.layers.Layer):
    """Passes its input through and remembers how active it was, for a plot afterwards."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.history = []

    def call(self, inputs):
        self.history.append(ops.mean(ops.abs(inputs)))
        return inputs
