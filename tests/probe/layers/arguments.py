"""Layers that hand their arguments through a config, or lose some on the way."""

import keras
import tensorflow as tf
import tf_keras


class Sharpened(keras.layers.Layer):
    def __init__(self, power=2.0, gain=1.0, **kwargs):
        super().__init__(**kwargs)
        self.power = power
        self.gain = gain

    def call(self, inputs):
        return self.gain * keras.ops.power(keras.ops.abs(inputs), self.power)

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}  # power dropped


class Penalised(keras.layers.Layer):
    def __init__(self, penalty=0.1, **kwargs):
        super().__init__(**kwargs)
        self.penalty = penalty

    def build(self, input_shape):
        of_weights = keras.regularizers.L2(self.penalty)
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], regularizer=of_weights)

    def call(self, inputs):
        return self.gain * inputs

    def get_config(self):
        return super().get_config()  # penalty dropped


class Shaped(keras.layers.Layer):
    """Loses its function; the activation comes back under another name."""

    def __init__(self, activation=None, shape=keras.ops.tanh, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self.shape = shape

    def call(self, inputs):
        return self.activation(self.shape(inputs))

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        kept = {"module": "functions", "body": self.shape.__name__}
        return {**super().get_config(), "activation": activation, "shape": kept}


class Narrow(tf_keras.layers.Layer):
    def __init__(self, units=3, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = tf_keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.kernel))

    def get_config(self):
        config = super().get_config()
        config["units"] = 3  # units fixed
        config["activation"] = tf_keras.activations.serialize(self.activation)
        return config


class Noisy(keras.layers.Layer):
    def __init__(self, rate=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.drop = keras.layers.Dropout(rate, seed=seed)

    def call(self, inputs, training=False):
        return self.drop(inputs, training=training)

    def get_config(self):
        return {**super().get_config(), "seed": self.drop.seed}  # rate dropped


class Spread(keras.layers.Layer):
    def __init__(self, sizes=(1, 2), **kwargs):
        super().__init__(**kwargs)
        self.sizes = sizes

    def call(self, inputs):
        return keras.ops.tile(inputs, self.sizes + ()) if self.sizes else inputs

    def get_config(self):
        return {**super().get_config(), "sizes": self.sizes}  # a list comes back


class Around(keras.layers.Layer):
    def __init__(self, layer=None, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer or keras.layers.Dense(3)

    def build(self, input_shape):
        if not self.layer.built:
            self.layer.build(input_shape)

    def call(self, inputs):
        return self.layer(inputs)

    def get_config(self):
        inner = keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": inner}

    @classmethod
    def from_config(cls, config):
        layer = keras.saving.deserialize_keras_object(config.pop("layer"))
        return cls(layer, **config)


class NeverRead(Around):
    """What the config holds stays a dictionary."""

    from_config = classmethod(keras.layers.Layer.from_config.__func__)


class BuildsAgain(Around):
    """The layer in it comes back built."""

    def build(self, input_shape):
        self.layer.build(input_shape)  # builds again


class Alike(keras.layers.Layer):
    """What comes back is spelled otherwise."""

    def __init__(self, activation=None, sizes=2, axis=-1, seed=None, start="ones", **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self.sizes = [sizes, sizes] if isinstance(sizes, int) else list(sizes)
        self.axis = axis
        self.drop = keras.layers.Dropout(0.5, seed=seed)
        self.start = keras.initializers.get(start)

    def build(self, input_shape):
        self.axis %= len(input_shape)
        self.gain = self.add_weight(name="gain", shape=(), initializer=self.start)

    def call(self, inputs, training=False):
        summed = keras.ops.sum(inputs, axis=self.axis, keepdims=True)
        return self.activation(self.drop(summed, training=training)) * self.gain * sum(self.sizes)

    def get_config(self):
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "sizes": self.sizes,
            "axis": self.axis,
            "seed": self.drop.seed,
            "start": keras.initializers.serialize(self.start),
        }


class Committee(keras.Model):
    """Keras writes the defaults, not what was given, for a model."""

    def __init__(self, members=2, **kwargs):  # defaults
        super().__init__(**kwargs)
        self.votes = [keras.layers.Dense(1) for _ in range(members)]

    def call(self, inputs):
        return sum(vote(inputs) for vote in self.votes)


class Swallows(keras.layers.Layer):
    def __init__(self, gain=1.0, **kwargs):
        super().__init__()  # swallows
        self.gain = gain

    def call(self, inputs):
        return inputs * self.gain


class SwallowsToo(tf_keras.layers.Layer):
    def __init__(self, gain=1.0, **kwargs):
        super().__init__(name=kwargs.get("name"))  # swallows but the name
        self.gain = gain

    def call(self, inputs):
        return inputs * self.gain


class OfOneType(keras.layers.Layer):
    def __init__(self, **kwargs):
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)

    def call(self, inputs):
        return inputs * 2.0
