"""Layers that lose an argument on the way to their config or back, or promise a wrong shape.

A comment names the class whose finding points at its line.
"""

import keras
import numpy as np
import tensorflow as tf


class Shared(keras.layers.Layer):
    def __init__(self, rate=0.5, units=3, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.units = units

    def call(self, inputs):
        return inputs * self.rate + self.units


class Updates(Shared):
    def __init__(self, rate=0.5, units=3, **kwargs):
        super().__init__(rate, units, **kwargs)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})  # Updates
        return config


class Assigns(Shared):
    def __init__(self, rate=0.5, units=3, **kwargs):
        super().__init__(rate, units, **kwargs)

    def get_config(self):
        config = keras.layers.Layer.get_config(self)
        config["units"] = self.units  # Assigns
        return config


class Joins(Shared):
    def __init__(self, rate=0.5, units=3, **kwargs):
        super().__init__(rate, units, **kwargs)

    def get_config(self):
        config = {  # Joins
            "units": self.units,
        }
        base = keras.layers.Layer.get_config(self)
        return dict(list(base.items()) + list(config.items()))


class Halves(Shared):
    def __init__(self, rate=0.5, units=3, **kwargs):
        super().__init__(rate, units, **kwargs)

    def get_config(self):
        return {
            **keras.layers.Layer.get_config(self),
            "units": self.units,
            "rate": self.rate / 2,  # Halves
        }


class DoublesIn(keras.layers.Layer):
    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.rate = 2 * rate  # DoublesIn

    def call(self, inputs):
        return inputs * self.rate

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


class HalvesBack(Shared):
    def __init__(self, rate=0.5, units=3, **kwargs):
        super().__init__(rate, units, **kwargs)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "units": self.units}

    @classmethod
    def from_config(cls, config):
        config["rate"] /= 2  # HalvesBack
        return cls(**config)


class Told(keras.layers.Layer):
    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs):
        return inputs * self.rate

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


class Inherits(Told):
    def __init__(self, rate=0.5, offset=1.0, **kwargs):  # Inherits
        super().__init__(rate, **kwargs)
        self.offset = offset

    def call(self, inputs):
        return super().call(inputs) + self.offset


class TakesNoMore(keras.layers.Layer):
    def __init__(self, rate=0.5):  # TakesNoMore
        super().__init__()
        self.rate = rate

    def call(self, inputs):
        return inputs * self.rate

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


class KeepsArray(keras.layers.Layer):
    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.rate = np.full((3,), rate, "float32")

    def call(self, inputs):
        return inputs * self.rate

    def get_config(self):
        config = super().get_config()
        config["rate"] = object()  # KeepsArray
        return config


class OneReturn(keras.layers.Layer):
    def call(self, inputs):
        return tf.concat([inputs, inputs], axis=-1)

    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        shape[-1] += 1
        return tuple(shape)  # OneReturn


class TwoReturns(keras.layers.Layer):
    def call(self, inputs):
        return tf.concat([inputs, inputs], axis=-1)

    def compute_output_shape(self, input_shape):  # TwoReturns
        if len(input_shape) == 2:
            return input_shape
        return (*input_shape[:-1], 2 * input_shape[-1])
