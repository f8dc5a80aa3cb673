"""Layers as they are often written, and what they are called with.

A comment names the class that is at fault on a line, and the rule that says so.
"""

import keras
import tensorflow as tf
import tf_keras
from keras import ops


class NodesAndEdges(keras.layers.Layer):  # inputs: 6,4 9,2:int32:0..5 / as: list
    """Sums over the neighbours of each node; an edge names two nodes."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[0][-1], 3))

    def call(self, inputs):
        nodes, edges = inputs
        sent = tf.gather(tf.matmul(nodes, self.kernel), edges[:, 1])
        return tf.math.unsorted_segment_sum(sent, edges[:, 0], tf.shape(nodes)[0])


class NodesForGood(keras.layers.Layer):  # inputs: 6,4 9,2:int32:0..5 / as: list
    def build(self, input_shape):
        self.nodes = input_shape[0][0]
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[0][-1], 3))

    def call(self, inputs):
        nodes, edges = inputs
        sent = tf.gather(tf.matmul(nodes, self.kernel), edges[:, 1])
        received = tf.math.unsorted_segment_sum(sent, edges[:, 0], self.nodes)  # LD504
        return tf.concat([nodes, received], axis=-1)


class Adjacency(keras.layers.Layer):  # inputs: 4,4 4,4 / as: list
    """Its second input has as many columns as the first has rows."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[0][-1], 3))

    def call(self, inputs):
        nodes, adjacency = inputs
        return ops.matmul(adjacency, ops.matmul(nodes, self.kernel))


class Identifiers(keras.layers.Layer):  # inputs: 4,6:int32:0..9
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = keras.layers.Embedding(10, 3)

    def call(self, identifiers):
        return tf.reshape(self.table(identifiers), (4, -1))  # LD504


class Spectral(keras.layers.Layer):  # inputs: 4,8
    """Fourier transforms have no half-precision kernel."""

    def build(self, input_shape):
        shape = (input_shape[-1] // 2 + 1, 2)
        self.filter = self.add_weight(name="filter", shape=shape, initializer="ones")

    def call(self, inputs):
        spectrum = tf.signal.rfft(inputs)
        return tf.signal.irfft(spectrum * tf.complex(self.filter[:, 0], self.filter[:, 1]))


class Complex(keras.layers.Layer):
    def call(self, inputs):
        return tf.abs(tf.complex(inputs, ops.ones_like(inputs)))


class Noise(keras.layers.Layer):
    def call(self, inputs, training=False):
        if training:
            return inputs + tf.random.normal(tf.shape(inputs))  # LD505
        return inputs


class OldNoise(tf_keras.layers.Layer):
    def call(self, inputs, training=None):
        if training:
            return inputs + tf.random.normal(tf.shape(inputs))  # LD505
        return inputs


class TypedNoise(keras.layers.Layer):
    def call(self, inputs, training=False):
        if training:
            return inputs + tf.random.normal(tf.shape(inputs), dtype=inputs.dtype)
        return inputs


class OldSampledDropout(tf_keras.layers.Dropout):
    """Drops in inference too, on purpose, and declares the generator that it draws from."""

    def __init__(self, rate=0.5, **kwargs):
        super().__init__(rate, **kwargs)

    def call(self, inputs):
        return super().call(inputs, training=True)  # LD506 note


class OldSampling(tf_keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = tf_keras.layers.Dropout(0.5)

    def call(self, inputs):
        noise = tf.random.normal(tf.shape(inputs), dtype=inputs.dtype)  # LD506
        return self.dropout(inputs, training=True) + noise


class ReadsInBuild(keras.layers.Layer):
    """Cannot be built while it is traced, and has nothing to do with half precision."""

    def build(self, input_shape):
        start = keras.initializers.RandomNormal()((input_shape[-1], 3))
        values = ops.convert_to_numpy(start)  # LD405
        self.kernel = self.add_weight(
            name="kernel",
            shape=values.shape,
            initializer=keras.initializers.Constant(values / 2.0),
        )

    def call(self, inputs, training=False):
        return ops.matmul(inputs, self.kernel)


class Magnitude(keras.layers.Layer):  # inputs: 4,5:complex64
    """Half of a complex number is a whole float."""

    def call(self, spectrum):
        return tf.abs(spectrum)


class CountedAxis(keras.layers.Layer):
    """Counts its axis from the start when it is built."""

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape):
        self.axis = self.axis % len(input_shape)

    def call(self, inputs):
        return ops.softmax(inputs, axis=self.axis)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


class OtherAxis(keras.layers.Layer):
    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        return ops.softmax(inputs, axis=self.axis)

    def get_config(self):
        return {**super().get_config(), "axis": 0}  # LD501: axis


class OtherName(keras.layers.Layer):
    """Saves another name of the same function."""

    def __init__(self, function="swish", **kwargs):
        super().__init__(**kwargs)
        self.given = function
        self.activation = keras.activations.get(function)

    def call(self, inputs):
        return self.activation(inputs)

    def get_config(self):
        saved = keras.activations.serialize(self.activation)
        return {**super().get_config(), "function": saved}


class OtherFunction(OtherName):
    def call(self, inputs):
        return self.activation(inputs)

    def get_config(self):
        return {**super().get_config(), "function": "relu"}  # LD501: function


class DrawnInBuild(keras.layers.Layer):
    """What it draws would leak as well, which has the same cause."""

    def build(self, input_shape):
        self.projection = tf.random.normal((input_shape[-1], 3))  # LD103: and a later call raises

    def call(self, inputs):
        return tf.matmul(inputs, tf.cast(self.projection, inputs.dtype))


class SparseOfWeight(keras.layers.Layer):
    """Its indices would leak as well, which has the same cause."""

    def build(self, input_shape):
        self.diagonal = self.add_weight(name="diagonal", shape=input_shape[-1:])
        places = [[index, index] for index in range(input_shape[-1])]
        values = tf.convert_to_tensor(self.diagonal)
        self.matrix = tf.SparseTensor(places, values, (5, 5))  # LD106: self.matrix.values

    def call(self, inputs):
        return tf.sparse.sparse_dense_matmul(inputs, self.matrix)  # LD406


class ChannelsFirst(keras.layers.Layer):  # inputs: 2,4,6,6
    """On a processor only oneDNN, which is on by default, has kernels for it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.conv = keras.layers.Conv2D(4, 3, groups=2, data_format="channels_first")

    def build(self, input_shape):
        self.conv.build(input_shape)

    def call(self, inputs):
        return self.conv(inputs)

    def compute_output_shape(self, input_shape):
        return self.conv.compute_output_shape(input_shape)
