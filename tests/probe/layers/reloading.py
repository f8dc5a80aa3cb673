"""Layers that come back from an archive, or do not; what is lost is said in a comment."""

import os
import threading

import keras
import numpy as np
import tensorflow as tf
import tf_keras

DRAWN = np.random.normal(size=(3,)).astype("float32")  # drawn at import


class Promises(keras.layers.Layer):
    """Its own `compute_output_shape` spares Keras the call that would build the sub-layer."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.layers.Dense(3)

    def build(self, input_shape):  # build of Promises
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, inputs):
        return self.gain * self.inner(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape


class Late(keras.layers.Layer):
    """The same without a promise: loading calls it, which builds the sub-layer."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.layers.Dense(3)

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, inputs):
        return self.gain * self.inner(inputs)


class LateModel(keras.Model):
    """Loading leaves the sub-layer as it starts, without a word."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.layers.Dense(3)

    def build(self, input_shape):  # build of LateModel
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")
        self.built = True

    def call(self, inputs):
        return self.gain * self.inner(inputs)


class WiderDense(keras.layers.Dense):
    """What `Dense` saves leaves the scale out."""

    def __init__(self, units=3, **kwargs):
        super().__init__(units, **kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        self.built = False
        self.scale = self.add_weight(name="scale", shape=(self.units,), initializer="ones")  # scale
        self.built = True

    def call(self, inputs):
        return super().call(inputs) * self.scale


class SetOfLayers(keras.layers.Layer):
    """A set of sub-layers trains, and is never saved."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.branches = {keras.layers.Dense(3)}

    def build(self, input_shape):
        for branch in self.branches:
            branch.build(input_shape)

    def call(self, inputs):
        return sum(branch(inputs) for branch in self.branches)


class OrderedBySet(keras.layers.Layer):
    """A dictionary filled in the order of a set of texts: weights come back swapped."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = {name: keras.layers.Dense(3) for name in {"query", "key", "value"}}

    def build(self, input_shape):
        for part in self.parts.values():
            part.build(input_shape)

    def call(self, inputs):
        key, value = self.parts["key"](inputs), self.parts["value"](inputs)
        return self.parts["query"](inputs) + 2.0 * key + 3.0 * value


class Checks(keras.layers.Layer):
    """Its set is only asked for what is in it."""

    MODES = {"sum", "mean"}

    def __init__(self, mode="sum", **kwargs):
        super().__init__(**kwargs)
        if mode not in self.MODES:
            raise ValueError(mode)
        self.mode = mode

    def call(self, inputs):
        return keras.ops.sum(inputs, -1) if self.mode == "sum" else keras.ops.mean(inputs, -1)

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}


class DrawnAtImport(keras.layers.Layer):
    def call(self, inputs):
        return inputs * DRAWN


class DrawnByDefault(keras.layers.Layer):
    def __init__(self, order=np.random.permutation(3), **kwargs):
        super().__init__(**kwargs)
        self.order = np.asarray(order)  # order

    def call(self, inputs):
        return keras.ops.take(inputs, self.order, axis=1)

    def get_config(self):
        return super().get_config()


class DrawnInModule(tf.Module):
    def __call__(self, inputs):
        return inputs * DRAWN


class Weighted(keras.layers.Layer):
    """Comes back whole: a tuple made a tuple again, a table, a policy, a sub-layer, a counter."""

    def __init__(self, sizes=(3, 3), inner=None, **kwargs):
        super().__init__(**kwargs)
        self.sizes = tuple(sizes)
        self.inner = inner or keras.layers.Dense(3, kernel_regularizer="l2")

    def build(self, input_shape):
        if not self.inner.built:
            self.inner.build(input_shape)
        self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", trainable=False)

    def call(self, inputs, training=False):
        if training:
            self.seen.assign_add(1.0)
        return self.inner(inputs) + self.seen + sum(self.sizes)

    def get_config(self):
        inner = keras.saving.serialize_keras_object(self.inner)
        return {**super().get_config(), "sizes": self.sizes, "inner": inner}

    @classmethod
    def from_config(cls, config):
        inner = keras.saving.deserialize_keras_object(config.pop("inner"))
        return cls(inner=inner, **config)


class Overfull(keras.layers.Layer):
    """Its weights come back; the layer does not, for its config has more than it takes."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "scale": self.units**-0.5}


class Refuses(keras.layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, inputs):
        return self.gain * inputs

    def load_own_variables(self, store):  # load of Refuses
        raise RuntimeError("no gain in an old file")


class RefusesToSave(keras.layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, inputs):
        return self.gain * inputs

    def save_own_variables(self, store):
        raise RuntimeError("not yet written")  # save of RefusesToSave


class RebuiltEmpty(keras.layers.Layer):
    """Says that it is built when it is loaded, and builds nothing."""

    def build(self, input_shape):
        self.size = float(input_shape[-1])

    def build_from_config(self, config):
        self.built = True

    def call(self, inputs):
        return inputs / self.size  # not built

    def compute_output_shape(self, input_shape):
        return input_shape


class TakesNumbers(keras.layers.Layer):
    """A subclassed model builds it for floats when it is loaded, which it cannot take."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.layers.Dense(3)

    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(10, 4))

    def call(self, numbers):
        return self.inner(tf.gather(self.table, numbers))


class Reads(keras.layers.Layer):
    """What it reads when it is loaded is up to those below."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, inputs):
        return self.gain * inputs


class DiesWhenLoaded(Reads):
    def load_own_variables(self, store):
        os._exit(3)  # dies


class WaitsWhenLoaded(Reads):
    def load_own_variables(self, store):
        threading.Event().wait()  # waits


class LateInKeras2(tf_keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = tf_keras.layers.Dense(3)

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")
        super().build(input_shape)

    def call(self, inputs):
        return self.gain * self.inner(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape


def local():
    class Local(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2.0

    return Local()


kept = Late()
