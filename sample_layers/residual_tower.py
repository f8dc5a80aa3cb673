"""A tower of residual blocks."""

import keras


class Block:
    """Two dense layers around a shortcut."""

    def __init__(self, width):
        self.first = keras.layers.Dense(width, activation="relu")
        self.second = keras.layers.Dense(width)

    def __call__(self, inputs):
        return inputs + self.second(self.first(inputs))


class ResidualTower(keras.layers.Layer):
    """A stem and some blocks behind it."""

    def __init__(self, width, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.depth = depth
        self.stem = keras.layers.Dense(width)
        self.blocks = [Block(width) for _ in range(depth)]

    def call(self, inputs):
        outputs = self.stem(inputs)
        for block in self.blocks:
            outputs = block(outputs)
        return outputs
