"""Layers whose gradients are zero: for ever, or until training has begun."""

import keras
import tensorflow as tf


class AbsAtZero(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="zeros")
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")

    def call(self, x):
        return x * self.v + x * tf.abs(self.w)  # LD204: self.w


class SquareAtZero(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="zeros")
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")

    def call(self, x):
        return x * self.v + x * tf.square(self.w)  # LD204: self.w


class ReluAtZero(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="zeros")

    def call(self, x):
        return x + x * tf.nn.relu(self.w)  # LD204: self.w


class Signed(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,))

    def call(self, x):
        return x * tf.sign(self.w)  # LD204: self.w


class DeadClip(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer=keras.initializers.Constant(9.0))

    def call(self, x):
        return x * tf.clip_by_value(self.w, -1.0, 1.0)  # LD204: self.w


class TimesZero(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,))
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")
        self.weighting = 0.0

    def call(self, x):
        return x * self.v + x * self.w * self.weighting  # LD204: self.w


class TimesMaskOfZeros(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,))

    def call(self, x):
        return x + x * self.w * tf.zeros_like(x)  # LD204: self.w


class TwoAbsAtZero(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="zeros")
        self.u = self.add_weight(name="u", shape=(5,), initializer="zeros")

    def call(self, x):
        y = x + x * tf.abs(self.w)  # LD204: self.w
        return y + tf.abs(self.u)  # LD204: self.u


class ShiftedSoftmax(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=())
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")

    def call(self, x):
        return tf.nn.softmax(x * self.v + tf.minimum(self.w, -9.0) * 0.0)  # LD204: self.w


class Saturated(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(
            name="w", shape=(5,), initializer=keras.initializers.Constant(-200.0)
        )

    def call(self, x):
        return x + tf.sigmoid(self.w)  # LD204: self.w


class HardGate(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(
            name="w", shape=(5,), initializer=keras.initializers.Constant(-9.0)
        )

    def call(self, x):
        return x * keras.activations.hard_sigmoid(self.w)  # LD204: self.w


class ThreeNestedGates(keras.layers.Layer):
    def build(self, input_shape):
        self.gates = [
            self.add_weight(name=f"gate_{i}", shape=(), initializer="zeros") for i in range(3)
        ]
        self.kernels = [self.add_weight(name=f"kernel_{i}", shape=(5, 5)) for i in range(3)]

    def call(self, x):
        y = x
        for gate, kernel in zip(self.gates, self.kernels):
            y = gate * tf.matmul(y, kernel)  # LD204: self.gates[0]
        return x + y


class BothZero(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 3), initializer="zeros")
        self.u = self.add_weight(name="u", shape=(3, 5), initializer="zeros")
        self.bias = self.add_weight(name="bias", shape=(3,), initializer="zeros")

    def call(self, x):
        return x + tf.matmul(tf.tanh(tf.matmul(x, self.w) + self.bias), self.u)  # LD204: self.w


# What follows trains.


class LowRank(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(5, 4), trainable=False)
        self.down = self.add_weight(name="down", shape=(5, 2))
        self.up = self.add_weight(name="up", shape=(2, 4), initializer="zeros")

    def call(self, x):
        return tf.matmul(x, self.kernel) + tf.matmul(tf.matmul(x, self.down), self.up)


class NestedGates(keras.layers.Layer):
    def build(self, input_shape):
        self.outer = self.add_weight(name="outer", shape=(), initializer="zeros")
        self.inner = self.add_weight(name="inner", shape=(), initializer="zeros")
        self.w = self.add_weight(name="w", shape=(5, 5))
        self.u = self.add_weight(name="u", shape=(5, 5))

    def call(self, x):
        hidden = x + self.inner * tf.tanh(tf.matmul(x, self.w))
        return x + self.outer * tf.tanh(tf.matmul(hidden, self.u))


class ZeroProduct(keras.layers.Layer):
    def build(self, input_shape):
        self.a = self.add_weight(name="a", shape=(5,), initializer="zeros")
        self.b = self.add_weight(name="b", shape=(5,), initializer="ones")

    def call(self, x):
        return x + self.a * self.b * x


class SoftmaxOverOne(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 1))
        self.v = self.add_weight(name="v", shape=(5, 5))

    def call(self, x):
        weights = tf.nn.softmax(tf.matmul(x, self.w), axis=-1)  # LD204: self.w
        return weights * tf.matmul(x, self.v)


class TopOne(keras.layers.Layer):
    def build(self, input_shape):
        self.gate = self.add_weight(name="gate", shape=(5, 3))
        self.experts = self.add_weight(name="experts", shape=(3, 5, 5))

    def call(self, x):
        top, chosen = tf.math.top_k(tf.matmul(x, self.gate), 1)
        shares = tf.nn.softmax(top)  # LD204: self.gate
        return shares * tf.einsum("bi,bio->bo", x, tf.gather(self.experts, chosen[:, 0]))


class SwitchTopOne(keras.layers.Layer):
    def build(self, input_shape):
        self.gate = self.add_weight(name="gate", shape=(5, 3))
        self.experts = self.add_weight(name="experts", shape=(3, 5, 5))

    def call(self, x):
        top, chosen = tf.math.top_k(tf.nn.softmax(tf.matmul(x, self.gate)), 1)
        return top * tf.einsum("bi,bio->bo", x, tf.gather(self.experts, chosen[:, 0]))


class AttentionOverOne(keras.layers.Layer):  # inputs: 2,1,6
    def __init__(self):
        super().__init__()
        self.attention = keras.layers.MultiHeadAttention(2, 3)

    def build(self, input_shape):
        self.attention.build(input_shape, input_shape)

    def call(self, x):
        return self.attention(x, x)


class Rows(keras.layers.Layer):  # inputs: 4:int32:0..2
    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(50, 3))

    def call(self, ids):
        return tf.gather(self.table, ids)


class ReviveRelu(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 4))
        self.bias = self.add_weight(
            name="bias", shape=(4,), initializer=keras.initializers.Constant(-2.0)
        )

    def call(self, x):
        return tf.nn.relu(tf.matmul(x, self.w) + self.bias)


class Experts(keras.layers.Layer):
    def build(self, input_shape):
        self.router = self.add_weight(name="router", shape=(5, 6))
        self.experts = [self.add_weight(name=f"expert_{i}", shape=(5, 5)) for i in range(6)]

    def call(self, x):
        gates = tf.nn.softmax(tf.matmul(x, self.router))
        best = tf.one_hot(tf.argmax(gates, -1), 6) * gates
        results = tf.stack([tf.matmul(x, expert) for expert in self.experts], 1)
        return tf.reduce_sum(best[:, :, None] * results, 1)


class BiasedExperts(keras.layers.Layer):
    def build(self, input_shape):
        self.router = self.add_weight(name="router", shape=(5, 3))
        self.preference = self.add_weight(
            name="preference",
            shape=(3,),
            initializer=lambda s, dtype=None: tf.constant([4.0, 0, 0]),
        )
        self.experts = [self.add_weight(name=f"expert_{i}", shape=(5, 5)) for i in range(3)]

    def call(self, x):
        gates = tf.nn.softmax(tf.matmul(x, self.router) + self.preference)
        values, chosen = tf.math.top_k(gates, 1)
        results = tf.stack([tf.matmul(x, expert) for expert in self.experts], 1)
        return values * tf.gather(results, chosen[:, 0], batch_dims=1)


class MaxedOut(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones")
        self.low = self.add_weight(
            name="low", shape=(5,), initializer=keras.initializers.Constant(-6.0)
        )

    def call(self, x):
        return tf.maximum(x * self.w, self.low)


class ZeroScaleNorm(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(5)
        self.norm = keras.layers.LayerNormalization(gamma_initializer="zeros")

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.norm.build(input_shape)

    def call(self, x):
        return x + self.norm(self.dense(x))


class HeavyDropout(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)
        self.dropout = keras.layers.Dropout(0.99)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, x, training=False):
        return self.dropout(self.dense(x), training=training)


class BatchOfOneNorm(keras.layers.Layer):  # inputs: 1,5
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)
        self.norm = keras.layers.BatchNormalization()

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.norm.build((None, 3))

    def call(self, x, training=False):
        return self.norm(self.dense(x), training=training)


class OneFeatureNorm(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.norm = keras.layers.LayerNormalization()

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.norm.build((None, 1))

    def call(self, x):
        return self.norm(self.dense(x))  # LD204: self.dense.kernel / LD204: self.norm.gamma


class WithoutPadding(keras.layers.Layer):  # inputs: 4,6:int32:0..9
    def __init__(self):
        super().__init__()
        self.table = keras.layers.Embedding(10, 3)

    def build(self, input_shape):
        self.table.build(input_shape)

    def call(self, ids):
        there = tf.cast(ids != 0, tf.float32)
        return tf.reduce_sum(self.table(ids) * there[..., None], axis=1)
