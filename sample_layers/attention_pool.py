"""One vector for a sequence."""

import keras
from keras import ops


class AttentionPool(keras.layers.Layer):
    """Weighs the steps of a sequence by a score and sums them."""

    def __init__(self, hidden=8, **kwargs):
        super().__init__(**kwargs)
        self.hidden = hidden

    def call(self, inputs):
        features = keras.layers.Dense(self.hidden, activation="tanh")(inputs)
        scores = keras.layers.Dense(1)(features)
        return ops.sum(ops.softmax(scores, axis=1) * inputs, axis=1)
