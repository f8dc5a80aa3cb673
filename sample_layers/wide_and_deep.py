"""Two ways to one score."""

import keras


class WideAndDeep(keras.layers.Layer):
    """A linear path and a deep one, side by side."""

    def __init__(self, units=8):
        self.wide = keras.layers.Dense(1)
        self.deep = keras.Sequential([keras.layers.Dense(units), keras.layers.Dense(1)])

    def call(self, inputs):
        return self.wide(inputs) + self.deep(inputs)
