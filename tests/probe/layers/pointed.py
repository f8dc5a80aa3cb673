"""Defects whose line is another than that of `call` or of the class."""

# aside: LD104 LD206 LD505

import keras
import tensorflow as tf


class MakesInCall(keras.layers.Layer):
    """Makes a variable that it gives to a local name only."""

    def call(self, inputs):
        offset = tf.Variable(tf.zeros(5), name="offset")  # LD301: offset
        return inputs + offset


class MakesAndUsesInCall(keras.layers.Layer):
    def call(self, inputs):
        hidden = keras.layers.Dense(3)(inputs)  # LD301
        return tf.nn.relu(hidden)


class AssertsInGraph(keras.layers.Layer):
    """Runs its check in graphs only, where it fails."""

    def call(self, inputs):
        if not tf.executing_eagerly():
            inputs = tf.ensure_shape(tf.py_function(tf.identity, [inputs], tf.float32), (4, 7))  # LD401 / LD503
        return inputs


class NeverFrozen(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")

    @property
    def trainable(self):  # LD509: self.kernel
        return True

    @trainable.setter
    def trainable(self, value):
        pass

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)


class PromisesBySpec(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], 3))

    def call(self, inputs):
        return tf.matmul(inputs, self.w)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape, inputs.dtype)  # LD503: `compute_output_spec` says (4, 5)


class ClipsInNumpy(keras.layers.Layer):
    def call(self, inputs):
        def clip(array):
            lowest = array.mean() - array.std()
            array[array < lowest] = lowest  # LD507: inputs
            return array

        clipped = tf.numpy_function(clip, [inputs], inputs.dtype)  # LD406
        return tf.ensure_shape(clipped, inputs.shape)


class LooksUp(keras.layers.Layer):  # inputs: 4,5:int32:0..2
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        keys = tf.constant([0, 1, 2], tf.int64)
        pairs = tf.lookup.KeyValueTensorInitializer(keys, keys + 1)
        self.table = tf.lookup.StaticHashTable(pairs, -1)
        self.embed = keras.layers.Embedding(8, 4)

    def call(self, ids):
        wide = tf.cast(ids, tf.int64)
        found = self.table.lookup(wide)  # LD406: no kernel for `LookupTableFindV2`
        return self.embed(tf.maximum(found, 0))


class UnfreezesInCall(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(3)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        self.dense.trainable = True  # LD509: `self.dense.kernel` and `self.dense.bias` trainable again
        return self.dense(inputs)


class KeysOfTwoTypes(tf.Module):  # LD003: `variables` and `trainable_variables` of the module raise
    def __init__(self):
        super().__init__()
        self.parts = {"kernel": tf.Variable(tf.ones((5, 3))), 2: tf.Variable(tf.zeros(3))}

    def __call__(self, inputs):
        return inputs @ self.parts["kernel"] + self.parts[2]


class GrowsItsDefault(keras.layers.Layer):
    def __init__(
        self,
        units=3,
        stack=[],  # LD502: the default of `stack`, `[]`, is one object
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = units
        stack.append(keras.layers.Dense(units))
        self.stack = list(stack)

    def call(self, inputs):
        for layer in self.stack:
            inputs = layer(inputs)
        return inputs
