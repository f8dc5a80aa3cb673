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
