"""A dense layer whose weights wait for the first input."""

import keras
from keras import ops


class DeferredDense(keras.layers.Layer):
    """Declares its weights in the constructor and makes them in `build`."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.kernel = None
        self.bias = None

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return ops.relu(ops.matmul(inputs, self.kernel) + self.bias)
