"""Layers of Keras 3 that keep or break one part of the contract."""

import os
import threading
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


class Sound(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)


class NumpyOnly(keras.layers.Layer):
    def call(self, inputs):
        peak = np.max(inputs.numpy())  # eager only
        return inputs / peak


@tf.custom_gradient
def clipped_back(values):
    def grad(upstream):
        return upstream if np.max(upstream.numpy()) < 1 else upstream / 2  # eager gradient

    return tf.identity(values), grad


class EagerGradient(keras.layers.Layer):
    def call(self, inputs):
        return clipped_back(inputs)


@tf.custom_gradient
def halved_back(values):
    return tf.identity(values), lambda upstream: upstream / 2


class GraphGradient(keras.layers.Layer):
    def call(self, inputs):
        return tf.nn.silu(halved_back(inputs))


class KeepsTensor(keras.layers.Layer):
    ramp = None

    def call(self, inputs):
        if self.ramp is None:
            self.ramp = tf.linspace(0.5, 1.0, inputs.shape[-1])  # leaked
        return inputs * self.ramp


class Looks(keras.layers.Layer):
    def call(self, inputs):
        self.seen = inputs * 2.0
        return self.seen


class Counts(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = 0
        self.width = 4

    def call(self, inputs):
        self.calls += 1  # frozen
        return inputs * self.calls


class DrawsInTraining(keras.layers.Layer):
    def call(self, inputs, training=False):
        if not training:
            return inputs
        noise = np.random.normal(size=inputs.shape)  # drawn
        return inputs + noise.astype("float32")


class Declared(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator(7)

    def call(self, inputs):
        shape = keras.ops.shape(inputs)
        return inputs + keras.random.normal(shape, dtype=inputs.dtype, seed=self.generator)


class Undeclared(keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.normal(tf.shape(inputs), dtype=inputs.dtype)  # undeclared


class FixedReshape(keras.layers.Layer):
    def call(self, inputs):
        return tf.reshape(inputs, (inputs.shape[0], 1, inputs.shape[1]))  # unknown


class NoneOut(keras.layers.Layer):
    def call(self, inputs):
        return inputs, None


class Drops(keras.layers.Layer):
    def __init__(self, slope=0.1, **kwargs):
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, inputs):
        return tf.maximum(inputs, self.slope * inputs)

    def get_config(self):
        return super().get_config()  # dropped


class Rounds(keras.layers.Layer):
    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs):
        return inputs * self.rate

    def get_config(self):
        return {**super().get_config(), "rate": int(self.rate)}  # changed


class Normalises(keras.layers.Layer):
    """Keeps its arguments in another form than they were given in."""

    def __init__(self, padding="SAME", sizes=3, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding.lower()
        self.sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)

    def call(self, inputs):
        return inputs * len(self.sizes)

    def get_config(self):
        return {**super().get_config(), "padding": self.padding, "sizes": self.sizes}


class TakesNoName(keras.layers.Layer):
    def __init__(self, units=3):
        super().__init__()
        self.units = units

    def call(self, inputs):
        return inputs * self.units

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class ForgetsShift(keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=input_shape[-1:], initializer="ones")
        self.shift = self.add_weight(name="shift", shape=input_shape[-1:], initializer="zeros")

    def call(self, inputs):
        return inputs * self.scale + self.shift

    def save_own_variables(self, store):  # forgets
        store["a"] = self.scale.numpy()

    def load_own_variables(self, store):
        self.scale.assign(store["a"])


class SavesNothing(keras.layers.Layer):
    def build(self, input_shape):
        self.factors = [
            self.add_weight(name=f"factor{number}", shape=input_shape[-1:]) for number in range(5)
        ]

    def call(self, inputs):
        return inputs * sum(self.factors)

    def save_own_variables(self, store):  # nothing
        pass

    def load_own_variables(self, store):
        pass


class FilledTable(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, 0.0)  # table

    def build(self, input_shape):
        self.table.insert(tf.constant([1], tf.int64), tf.constant(np.random.rand(1), tf.float32))

    def call(self, inputs):
        return inputs + tf.reshape(self.table.lookup(tf.constant([1], tf.int64)), (1, 1))


class WrongShape(keras.layers.Layer):
    def call(self, inputs):
        return tf.concat([inputs, inputs], axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape  # promise


class WrongSpec(keras.layers.Layer):
    def call(self, inputs):
        return tf.concat([inputs, inputs], axis=-1)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape, inputs.dtype)


class BuiltForBatch(keras.layers.Layer):
    def build(self, input_shape):
        self.offset = self.add_weight(name="offset", shape=input_shape)  # fixed

    def call(self, inputs):
        return inputs + self.offset


class SameRows(keras.layers.Layer):
    def build(self, input_shape):
        self.rows = input_shape[0]

    def call(self, inputs):
        return tf.zeros((self.rows, 2), inputs.dtype) + tf.reduce_sum(inputs)  # rows


class Refuses(keras.layers.Layer):
    def build(self, input_shape):
        self.rows = input_shape[0]

    def call(self, inputs):
        if inputs.shape[0] not in (None, self.rows):
            raise ValueError("made for one batch size")
        return inputs


class Gram(keras.layers.Layer):
    """Its output has no batch, and by chance the size of the batch."""

    def call(self, inputs):
        return tf.matmul(inputs, inputs, transpose_a=True)


class SinglePrecision(keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.ones(tf.shape(inputs))  # single


class HoldsModel(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        inputs = keras.Input((3,))
        self.inner = keras.Model(inputs, SinglePrecision()(keras.layers.Dense(3)(inputs)))

    def call(self, inputs):
        return self.inner(inputs)


class CastsBack(keras.layers.Layer):
    def call(self, inputs):
        return tf.cast(tf.nn.softmax(inputs), tf.float32)  # cast


class OwnType(keras.layers.Layer):
    def __init__(self, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def call(self, inputs):
        return inputs + tf.ones(())


class OwnTypeInside(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norm = keras.layers.LayerNormalization(dtype="float32")

    def call(self, inputs):
        return self.norm(inputs)


class WritesIntoInput(keras.layers.Layer):
    def call(self, inputs):
        def clip(array):
            array[array < 0] = 0  # writes
            return array

        clipped = tf.numpy_function(clip, [inputs], tf.float32)
        clipped.set_shape(inputs.shape)
        return clipped


class LosesMask(keras.layers.Layer):
    def call(self, sequence):
        return tf.tanh(sequence)


class InnerMask(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(3)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, sequence):
        return self.dense(sequence)


class NeverFrozen(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=input_shape[-1:])

    @property
    def trainable_weights(self):  # ignores
        return [self.kernel]

    def call(self, inputs):
        return inputs * self.kernel


class Ends(keras.layers.Layer):
    def call(self, inputs):
        if inputs.shape[0] == 5:
            os._exit(3)  # ends
        return inputs


class EndsInHalf(keras.layers.Layer):
    """Its process ends while what another has saved is loaded."""

    def build(self, input_shape):
        self.gain = tf.Variable(keras.random.normal((input_shape[-1],)))

    def call(self, inputs):
        if self.compute_dtype == "float16":
            os._exit(3)  # ends in half precision
        return inputs * self.gain


class Waits(keras.layers.Layer):
    def call(self, inputs):
        return inputs

    def get_config(self):
        threading.Event().wait()  # waits


class BeginsLate(keras.layers.Layer):
    """Takes long to be built in the first process, and then never ends in a check."""

    is_late = False

    def __init__(self, marker, **kwargs):
        super().__init__(**kwargs)
        self.marker = marker

    def build(self, input_shape):
        if not Path(self.marker).exists():
            Path(self.marker).touch()
            BeginsLate.is_late = True
            threading.Event().wait(6.2)

    def call(self, inputs):
        return inputs

    def get_config(self):
        if BeginsLate.is_late:
            threading.Event().wait()
        return {**super().get_config(), "marker": self.marker}


class Instance(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2.0


instance = Instance()


class KeepsFromBuild(keras.layers.Layer):
    def build(self, input_shape):
        self.ramp = tf.linspace(0.5, 1.0, input_shape[-1])  # built

    def call(self, inputs):
        return inputs * tf.cast(self.ramp, inputs.dtype)
