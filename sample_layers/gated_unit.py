"""Half of the features open a gate for the other half."""

import keras
from keras import ops


class GatedUnit(keras.layers.Layer):
    """A gated linear unit with a bias for each half."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        width = input_shape[-1]
        self.value_kernel = self.add_weight(name="value_kernel", shape=(width, self.units))
        self.gate_kernel = self.add_weight(name="gate_kernel", shape=(width, self.units))
        self.value_bias = self.add_weight(
            name="value_bias", shape=(self.units,), initializer="zeros"
        )
        self.gate_bias = self.add_weight(name="gate_bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        values = ops.matmul(inputs, self.value_kernel) + self.value_bias
        gates = ops.matmul(inputs, self.gate_kernel) + self.value_bias
        return values * ops.sigmoid(gates)
