"""Sub-layers and values that are held where saving does not look, or in an order of the process."""

# aside: LD104 LD505

import keras
from keras import ops

FIELDS = ("alpha", "beta", "gamma", "delta", "epsilon")


class InASet(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.branches = {keras.layers.Dense(3), keras.layers.Dense(3)}  # LD502: self.branches[0].kernel

    def build(self, input_shape):
        for branch in self.branches:
            branch.build(input_shape)

    def call(self, inputs):
        return sum(branch(inputs) for branch in self.branches)


class IndexedByASet(keras.layers.Layer):
    def __init__(self, fields=FIELDS, **kwargs):
        super().__init__(**kwargs)
        self.fields = tuple(fields)
        self.index = {name: place for place, name in enumerate(set(fields))}  # LD502: self.index

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(5,), initializer="random_normal")

    def call(self, inputs):
        parts = [inputs[:, i] * self.scale[self.index[n]] for i, n in enumerate(self.fields)]
        return ops.stack(parts, axis=-1)


class InADefault(keras.layers.Layer):
    def __init__(self, units=3, parts=[], **kwargs):
        super().__init__(**kwargs)
        self.units = units
        parts.append(keras.layers.Dense(units))
        self.parts = parts

    def build(self, input_shape):
        for part in self.parts:
            part.build(input_shape)  # LD404

    def call(self, inputs):
        return sum(part(inputs) for part in self.parts)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Stacked(keras.Model):  # args: { units = 2, depth = 2 }
    def __init__(self, units=3, depth=1, **kwargs):  # LD501: depth
        super().__init__(**kwargs)
        self.stack = [keras.layers.Dense(units) for _ in range(depth)]

    def call(self, inputs):
        for dense in self.stack:
            inputs = dense(inputs)
        return inputs


class ReplacesItsWeight(keras.layers.Layer):
    def build(self, input_shape):
        self.mean = self.add_weight(name="mean", shape=input_shape[-1:], trainable=False)

    def call(self, inputs, training=None):
        if training:
            self.mean = 0.9 * self.mean + 0.1 * ops.mean(inputs, axis=0)  # LD402: self.mean
        return inputs - self.mean
