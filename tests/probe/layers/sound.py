"""Layers that look suspicious and train as they should."""

import keras
import numpy as np
import tensorflow as tf
import tf_keras


class StraightThrough(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 4))

    def call(self, x):
        kernel = tf.convert_to_tensor(self.w)
        rounded = tf.round(kernel * 8.0) / 8.0
        return tf.matmul(x, kernel + tf.stop_gradient(rounded - kernel))


@tf.custom_gradient
def signed(x):
    def backward(upstream):
        return upstream * tf.cast(tf.abs(x) <= 1.0, x.dtype)  # LD207 note: signed (Binary)

    return tf.sign(x), backward


class Binary(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 4))

    def call(self, x):
        return tf.matmul(x, signed(tf.convert_to_tensor(self.w)))


@tf.custom_gradient
def reversed_gradient(x):
    def backward(upstream):
        return -0.3 * upstream  # LD207 note: reversed_gradient (Reversal)

    return tf.identity(x), backward


class Reversal(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, x):
        return reversed_gradient(self.dense(x))


@tf.custom_gradient
def reversed_in_single(x):
    """Takes single precision alone."""
    weight = tf.constant(-0.3, tf.float32)

    def backward(upstream):
        return weight * upstream  # LD207 note: reversed_in_single (ReversalInSingle)

    return tf.identity(x), backward


class ReversalInSingle(keras.layers.Layer):
    def call(self, x):
        return reversed_in_single(x)


@tf.custom_gradient
def clipped(x):
    def backward(upstream):
        return tf.clip_by_value(upstream, -0.1, 0.1)  # LD207 note: clipped (ClippedGradient)

    return tf.identity(x), backward


class ClippedGradient(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones")

    def call(self, x):
        return clipped(x * self.w)


class Quantizer(keras.layers.Layer):
    def build(self, input_shape):
        self.book = self.add_weight(name="book", shape=(7, 5))
        self.encoder = self.add_weight(name="encoder", shape=(5, 5))

    def call(self, x):
        z = tf.matmul(x, self.encoder)
        distances = tf.reduce_sum((z[:, None] - self.book[None]) ** 2, -1)
        q = tf.gather(self.book, tf.argmin(distances, -1))
        self.add_loss(tf.reduce_mean((tf.stop_gradient(z) - q) ** 2))
        self.add_loss(0.25 * tf.reduce_mean((z - tf.stop_gradient(q)) ** 2))
        return z + tf.stop_gradient(q - z)


class Tied(keras.layers.Layer):  # inputs: 2,4:int32:0..9
    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(10, 6))
        self.dense = keras.layers.Dense(6)
        self.dense.build((None, 6))

    def call(self, ids):
        hidden = self.dense(tf.gather(self.table, ids))
        return tf.matmul(hidden, self.table, transpose_b=True)


class Spectral(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 4))
        self.u = self.add_weight(name="u", shape=(1, 4), trainable=False)

    def call(self, x, training=False):
        v = tf.math.l2_normalize(tf.matmul(self.u, self.w, transpose_b=True))
        u = tf.math.l2_normalize(tf.matmul(v, self.w))
        u, v = tf.stop_gradient(u), tf.stop_gradient(v)
        sigma = tf.squeeze(tf.matmul(tf.matmul(v, self.w), u, transpose_b=True))
        if training:
            self.u.assign(u)
        return tf.matmul(x, self.w / sigma)


class Masked(keras.layers.Layer):  # inputs: 2,4,5 2,4:bool
    def build(self, x_shape, keep_shape):
        self.w = self.add_weight(name="w", shape=(x_shape[-1], 1))

    def call(self, x, keep):
        keep = tf.concat([tf.ones_like(keep[:, :1]), keep[:, 1:]], 1)
        scores = tf.squeeze(tf.matmul(x, self.w), -1)
        scores = tf.where(keep, scores, -np.inf)
        return tf.einsum("bt,btd->bd", tf.nn.softmax(scores), x)


class Gumbel(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.seed = keras.random.SeedGenerator(1)

    def build(self, input_shape):
        self.logits = self.add_weight(name="logits", shape=(5, 3))

    def call(self, x):
        noise = keras.random.uniform((3,), 1e-6, 1.0, seed=self.seed)
        soft = tf.nn.softmax(tf.matmul(x, self.logits) - tf.math.log(-tf.math.log(noise)))
        hard = tf.one_hot(tf.argmax(soft, -1), 3)
        return soft + tf.stop_gradient(hard - soft)


class OldCounted(tf_keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf_keras.layers.Dense(4)
        self.norm = tf_keras.layers.BatchNormalization()

    def build(self, input_shape):
        self.calls = self.add_weight(
            "calls", shape=(), dtype=tf.int64, initializer="zeros", trainable=False
        )
        super().build(input_shape)

    def call(self, x, training=False):
        if training:
            self.calls.assign_add(1)
        return self.norm(self.dense(x), training=training)


class KeepsActivation(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, x):
        hidden = tf.nn.relu(self.dense(x))
        self.last_hidden = hidden if tf.executing_eagerly() else None
        return hidden


class Bins(keras.layers.Layer):
    def call(self, x):
        return tf.cast(tf.floor(x * 4.0), tf.int32)


class Solver(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 5), initializer="orthogonal")

    def call(self, x):
        return tf.transpose(tf.linalg.solve(self.w, tf.transpose(x)))


class Interpolated(keras.layers.Layer):
    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(9, 3))
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, x):
        place = tf.sigmoid(x[:, 0] * self.scale) * 7.0
        low = tf.floor(place)
        share = (place - low)[:, None]
        index = tf.cast(low, tf.int32)
        return (1 - share) * tf.gather(self.table, index) + share * tf.gather(self.table, index + 1)


class Sparsemax(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 4))

    def call(self, x):
        z = tf.matmul(x, self.w)
        ordered = tf.sort(z, direction="DESCENDING")
        sums = tf.cumsum(ordered, -1)
        ranks = tf.range(1.0, 5.0)
        support = tf.cast(1.0 + ranks * ordered > sums, tf.float32)
        size = tf.reduce_sum(support, -1, keepdims=True)
        threshold = (tf.reduce_sum(ordered * support, -1, keepdims=True) - 1.0) / size
        return tf.nn.relu(z - threshold)


class FrozenTarget(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.online = keras.layers.Dense(4)
        self.target = keras.layers.Dense(4, trainable=False)

    def build(self, input_shape):
        self.online.build(input_shape)
        self.target.build(input_shape)

    def call(self, x):
        goal = tf.stop_gradient(self.target(x))
        online = self.online(x)
        self.add_loss(tf.reduce_mean((online - goal) ** 2))
        return online


class EmbeddedPad(keras.layers.Layer):  # inputs: 2,6:int32:0..9
    def __init__(self):
        super().__init__()
        self.embed = keras.layers.Embedding(10, 4, mask_zero=True)
        self.gru = keras.layers.GRU(3)

    def build(self, input_shape):
        self.embed.build(input_shape)
        self.gru.build((None, None, 4))

    def call(self, ids):
        hidden = self.embed(ids)
        return self.gru(hidden, mask=self.embed.compute_mask(ids))
