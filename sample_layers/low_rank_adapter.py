"""A frozen matrix and a small correction."""

import keras
from keras import ops


class LowRankAdapter(keras.layers.Layer):
    """Adds a product of two narrow matrices to a frozen one; the second starts at zero."""

    def __init__(self, units, rank=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.rank = rank

    def build(self, input_shape):
        width = input_shape[-1]
        self.frozen = self.add_weight(name="frozen", shape=(width, self.units), trainable=False)
        self.narrow = self.add_weight(name="narrow", shape=(width, self.rank))
        self.widen = self.add_weight(
            name="widen", shape=(self.rank, self.units), initializer="zeros"
        )

    def call(self, inputs):
        correction = ops.matmul(ops.matmul(inputs, self.narrow), self.widen)
        return ops.matmul(inputs, self.frozen) + correction
