"""Layers of which something starts at zero: what training moves from there, and what never does."""

# aside: LD104 LD206 LD505 LD508

import keras
import tensorflow as tf


class BothZero(keras.layers.Layer):
    def build(self, s):
        self.a = self.add_weight(shape=(s[-1], 2), initializer="zeros", name="a")
        self.b = self.add_weight(shape=(2, 3), initializer="zeros", name="b")
        self.k = self.add_weight(shape=(s[-1], 3), name="k")
    def call(self, x):
        return x @ self.k + (x @ self.a) @ self.b  # LD204: both start at zero


class ReZeroZeroInit(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.up = keras.layers.Dense(9, activation="relu")
        self.down = keras.layers.Dense(5, kernel_initializer="zeros")
    def build(self, s):
        self.alpha = self.add_weight(shape=(), initializer="zeros", name="alpha")
        self.up.build(s)
        self.down.build((None, 9))
    def call(self, x):
        return x + self.alpha * self.down(self.up(x))  # LD204: self.down.kernel


class AllZeroRelu(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(s[-1], 8), initializer="zeros", name="w")
        self.b = self.add_weight(shape=(8,), initializer="zeros", name="b")
        self.o = self.add_weight(shape=(8, 2), initializer="zeros", name="o")
    def call(self, x):
        return tf.nn.relu(x @ self.w + self.b) @ self.o  # LD204: all start at zero


class ZeroKernelRelu(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.a = keras.layers.Dense(4, activation="relu", kernel_initializer="zeros")
        self.b = keras.layers.Dense(3)
    def call(self, x):
        return self.b(self.a(x))  # LD204: self.a.kernel


class LayerScaleDouble(keras.layers.Layer):
    def build(self, s):
        self.alpha = self.add_weight(shape=(), initializer="zeros", name="alpha")
        self.gamma = self.add_weight(shape=(s[-1],), initializer="zeros", name="gamma")
        self.beta = self.add_weight(shape=(s[-1],), initializer="zeros", name="beta")
    def call(self, x):
        return x + self.alpha * (self.gamma * x + self.beta)  # LD204: self.alpha


class PoolScore(keras.layers.Layer):  # inputs: 4,5
    """softmax over an axis of one"""
    def __init__(self, **kw):
        super().__init__(**kw)
        self.score = keras.layers.Dense(1)
    def call(self, x):
        return x * tf.nn.softmax(self.score(x), axis=-1)  # LD204: self.score.kernel


class AbsAtZero(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(s[-1],), initializer="zeros", name="w")
    def call(self, x):
        return x * (1.0 + tf.abs(self.w))  # LD204: another start value would revive it


class Lora(keras.layers.Layer):
    def build(self, s):
        self.a = self.add_weight(shape=(s[-1], 2), name="a")
        self.b = self.add_weight(shape=(2, 3), initializer="zeros", name="b")
        self.k = self.add_weight(shape=(s[-1], 3), name="k", trainable=False)
    def call(self, x):
        return x @ self.k + (x @ self.a) @ self.b


class ZeroHead(keras.layers.Layer):
    """zero initialised last layer"""
    def __init__(self, **kw):
        super().__init__(**kw)
        self.a = keras.layers.Dense(8, activation="relu")
        self.b = keras.layers.Dense(8, activation="relu")
        self.o = keras.layers.Dense(2, kernel_initializer="zeros")
    def call(self, x):
        return self.o(self.b(self.a(x)))


class Film(keras.layers.Layer):
    """Starts as the identity."""
    def __init__(self, **kw):
        super().__init__(**kw)
        self.c = keras.layers.Dense(4, activation="tanh")
        self.g = keras.layers.Dense(5, kernel_initializer="zeros")
        self.s = keras.layers.Dense(5, kernel_initializer="zeros")
    def call(self, x):
        c = self.c(x)
        return x * (1.0 + self.g(c)) + self.s(c)


class GatedByHalf(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.g = keras.layers.Dense(5, kernel_initializer="zeros", activation="sigmoid")
        self.h = keras.layers.Dense(5, kernel_initializer="zeros")
    def call(self, x):
        return self.g(x) * self.h(x)


class NestedGates(keras.layers.Layer):
    def build(self, s):
        self.g = [self.add_weight(shape=(s[-1],), initializer="zeros", name=f"g{i}") for i in range(8)]
    def call(self, x):
        y = x
        for g in reversed(self.g):
            y = g * (1.0 + y)
        return x + y


class ScoreReluPositive(keras.layers.Layer):  # inputs: 2,5:float32:0..1
    """a single relu unit that may be dead by chance"""
    def __init__(self, **kw):
        super().__init__(**kw)
        self.score = keras.layers.Dense(1, activation="relu", kernel_initializer=keras.initializers.RandomUniform(-1.0, -0.2, seed=1))
    def call(self, x):
        return x * self.score(x)


class UnchosenExperts(keras.layers.Layer):
    def __init__(self, n=12, **kw):
        super().__init__(**kw)
        self.experts = [keras.layers.Dense(5) for _ in range(n)]
        self.router = keras.layers.Dense(n)
    def call(self, x):
        p = tf.nn.softmax(self.router(x))
        best = tf.argmax(p, axis=-1)
        out = 0.0
        for i, e in enumerate(self.experts):
            gate = tf.where(best == i, p[:, i], 0.0)
            out = out + gate[:, None] * e(x)
        return out


class AttendsToOne(keras.layers.Layer):  # inputs: 2,1,4
    def __init__(self, **kw):
        super().__init__(**kw)
        self.att = keras.layers.MultiHeadAttention(2, 4)
    def call(self, x):
        return self.att(x, x)


class FadesInBySteps(keras.layers.Layer):
    """Adds a branch that the number of steps brings in; none of it counts at first."""

    def build(self, s):
        self.k = self.add_weight(shape=(s[-1], 3), name="k")
        self.late = self.add_weight(shape=(s[-1], 3), name="late")
        self.steps = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps")
    def call(self, x, training=False):
        if training:
            self.steps.assign(self.steps + 1)
        share = tf.minimum(1.0, tf.cast(tf.maximum(self.steps - 1, 0), x.dtype) / 100.0)
        return x @ self.k + share * (x @ self.late)


class AwaitsThousandSteps(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(s[-1], 3), name="k")
        self.late = self.add_weight(shape=(s[-1], 3), name="late")
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps")
    def call(self, x, training=False):
        if training:
            self.steps.assign_add(1.0)
        return x @ self.k + tf.cast(self.steps > 1000, x.dtype) * (x @ self.late)


class NeverFadesIn(keras.layers.Layer):
    """Counts its steps, and multiplies by what stays zero."""

    def build(self, s):
        self.k = self.add_weight(shape=(s[-1], 3), name="k")
        self.late = self.add_weight(shape=(s[-1], 3), name="late")
        self.steps = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps")
    def call(self, x, training=False):
        if training:
            self.steps.assign(self.steps + 1)
        share = tf.cast(self.steps < 0, x.dtype)
        return x @ self.k + share * (x @ self.late)  # LD204: self.late


class FillsGaps(keras.layers.Layer):
    def build(self, s):
        self.typical = self.add_weight(shape=s[-1:], initializer="zeros", name="typical")
        self.gain = self.add_weight(shape=s[-1:], initializer="ones", name="gain")

    def call(self, x):
        return self.gain * keras.ops.where(keras.ops.isnan(x), self.typical, x)


class FillsGapsFlatly(keras.layers.Layer):
    def build(self, s):
        self.typical = self.add_weight(shape=s[-1:], initializer="zeros", name="typical")

    def call(self, x):
        return tf.where(tf.math.is_nan(x), tf.sign(self.typical), x)  # LD204: self.typical


class OverwrittenUnread(keras.layers.Layer):
    """Reads the average that it trains and assigns for the next average alone."""

    def build(self, s):
        self.mean = self.add_weight(shape=s[-1:], initializer="zeros", name="mean")

    def call(self, x, training=False):
        if not training:
            return x - self.mean
        batch = tf.reduce_mean(x, axis=0)
        self.mean.assign(0.9 * self.mean + 0.1 * batch)  # LD209: self.mean
        return x - batch
