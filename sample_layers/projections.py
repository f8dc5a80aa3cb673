"""Linear maps, from a bare matrix to a dense layer."""

import keras
from keras import ops


class Projection(keras.layers.Layer):
    """A trainable matrix."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return ops.matmul(inputs, self.kernel)


class AffineProjection(Projection):
    """A trainable matrix and a bias."""

    def build(self, input_shape):
        super().build(input_shape)
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return super().call(inputs) + self.bias


class ActivatedProjection(AffineProjection):
    """A trainable matrix, a bias and an activation."""

    def __init__(self, units, activation="relu", **kwargs):
        super().__init__(units, **kwargs)
        self.activation = keras.activations.get(activation)

    def call(self, inputs):
        return self.activation(super().call(inputs))

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
        }
