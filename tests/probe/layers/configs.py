"""Layers whose config and constructor do not fit together."""

import keras
import tensorflow as tf
import tf_keras


class Renamed(keras.layers.Layer):  # args: { units = 3 }
    def __init__(self, units, bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units, use_bias=bias)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        config = super().get_config()
        config.update({"output_dim": self.units, "bias": True})  # LD501 warning: units
        return config


class Superfluous(keras.layers.Layer):
    def __init__(self, gain=2.0, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain
        self.kind = "linear"

    def call(self, inputs):
        return inputs * self.gain

    def get_config(self):
        config = super().get_config()
        config["gain"] = self.gain
        config["kind"] = self.kind  # LD501 warning: kind
        return config


class Flat:
    """Has a name and no config, and is so taken for a function."""

    __name__ = "Flat"

    def __call__(self, shape, dtype=None):
        return tf.ones(shape)


class OwnStart(keras.layers.Layer):  # args: { dtype = "float32" }
    def __init__(self, dtype=tf.float32, start=None, **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.start = Flat() if start is None else keras.initializers.get(start)

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer=self.start)

    def call(self, inputs):
        return self.gain * inputs

    def get_config(self):
        start = keras.initializers.serialize(self.start)
        return {**super().get_config(), "start": start}  # LD501 warning: start


class WithoutBase(keras.layers.Layer):  # args: { units = 3 }
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)

    def get_config(self):
        return {"units": self.units}  # LD501 warning: leaves out `trainable` and `dtype`


class OldWithoutBase(tf_keras.layers.Layer):
    def __init__(self, gain=2.0, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain
        self.dense = tf_keras.layers.Dense(3)

    def call(self, inputs):
        return self.dense(inputs) * self.gain

    def get_config(self):
        return {"gain": self.gain}  # LD501 warning: leaves out `trainable`, which


class OnlyItsType(keras.layers.Layer):
    def __init__(self, gain=2.0, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain

    def call(self, inputs):
        return inputs * self.gain

    def get_config(self):
        return {"gain": self.gain}  # LD501 note: leaves out `dtype`, which


class FrozenByItself(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        kwargs.update(trainable=False, dtype="float32")
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return {"units": self.units}


class WithoutBaseNorArgument(keras.layers.Layer):  # args: { gain = 3.0 }
    def __init__(self, units=3, gain=1.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.gain = gain
        self.dense = keras.layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs) * self.gain

    def get_config(self):
        return {"units": self.units}  # LD501 error: drops the arguments `gain` and `trainable`


class TakenOut(keras.layers.Layer):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        return inputs * self.scale

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}

    @classmethod
    def from_config(cls, config):
        config.pop("scale")  # LD501 error: scale
        return cls(**config)


class KeptFunction(keras.layers.Layer):
    def __init__(self, activation=tf.tanh, **kwargs):
        super().__init__(**kwargs)
        self.activation = activation

    def call(self, inputs):
        return self.activation(inputs)

    def get_config(self):
        return {
            **super().get_config(),
            "activation": self.activation,  # LD501: activation
        }


class ReadFunction(KeptFunction):
    def __init__(self, activation="tanh", **kwargs):
        super().__init__(keras.activations.get(activation), **kwargs)


class NamedOtherwise(keras.layers.Layer):  # args: { units = 3 }
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(units)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return {**super().get_config(), "width": self.dense.units}

    @classmethod
    def from_config(cls, config):
        return cls(config.pop("width"), **config)


class CountsInstead(keras.layers.Layer):  # args: { widths = [3, 5] }
    def __init__(self, widths, **kwargs):
        super().__init__(**kwargs)
        self.widths = widths
        self.parts = [keras.layers.Dense(width) for width in widths]

    def build(self, input_shape):
        for part, width in zip(self.parts, self.widths):
            part.build(input_shape)
            input_shape = (*input_shape[:-1], width)

    def call(self, inputs):
        for part in self.parts:
            inputs = part(inputs)
        return inputs

    def get_config(self):
        config = super().get_config()
        config["widths"] = len(self.widths)  # LD501 warning: widths
        return config


class KeptArray(keras.layers.Layer):  # args: { offset = { array = [5] } }
    def __init__(self, offset, **kwargs):
        super().__init__(**kwargs)
        self.offset = offset  # LD104 note: self.offset

    def call(self, inputs):
        return inputs + self.offset

    def get_config(self):
        return {**super().get_config(), "offset": self.offset}  # LD501 error: offset


@keras.saving.register_keras_serializable(package="layers_to_test_with", name="Gain")
class ClaimedByAnother(keras.layers.Layer):  # LD501 error: is registered for
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        return inputs * self.gain


@keras.saving.register_keras_serializable(package="layers_to_test_with", name="Gain")
class Claims(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2.0


class TakesNothing(keras.layers.Layer):  # args: { places = 3, width = 2.0 }
    def __init__(self, places, width):  # LD501 warning: unexpected keyword argument 'name'
        super().__init__()
        self.places = places
        self.width = width

    def call(self, inputs):
        return inputs * self.width

    def get_config(self):
        config = super().get_config()
        config.update({"places": self.places})
        return config


class BuildsOfTuple(keras.layers.Layer):
    def build(self, input_shape):
        self.dense = keras.layers.Dense(3)
        self.dense.build(input_shape[:-1] + (input_shape[-1],))  # LD502 error: a functional model

    def call(self, inputs):
        return self.dense(inputs)
