"""Down and up again."""

import keras
from keras import ops


class Bottleneck(keras.layers.Layer):
    """Two matrices with a narrow middle, added to the input."""

    def __init__(self, width=4, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape):
        features = input_shape[-1]
        self.down = self.add_weight(name="down", shape=(features, self.width))
        self.up = self.add_weight(name="up", shape=(self.width, features))

    def call(self, inputs):
        return inputs + ops.matmul(ops.gelu(ops.matmul(inputs, self.down)), self.up)
