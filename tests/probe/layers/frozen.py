"""Layers that count or remember in Python: what a trace freezes, and what it may."""

# aside: LD104 LD206 LD505

import datetime
import random
import time
from time import perf_counter as now

import keras
import tensorflow as tf


class InitialisesOnFirstBatch(tf.Module):
    """Takes its offset from the first batch, as activation normalisation does."""

    def __init__(self):
        super().__init__()
        self.offset = tf.Variable(tf.zeros(5))
        self.initialised = False

    def __call__(self, inputs):
        if not self.initialised:
            self.offset.assign(tf.reduce_mean(inputs, axis=0))
            self.initialised = True  # LD403: self.initialised
        return inputs - self.offset


class FadesIn(keras.layers.Layer):
    """Turns its correction up a little with every step of training."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.steps = 0

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], shape[-1]), name="kernel")

    def call(self, inputs, training=False):
        if training:
            self.steps += 1  # LD403: self.steps
        share = min(1.0, self.steps / 100_000)
        return inputs + share * tf.matmul(inputs, self.kernel)


class FadesInSoon(FadesIn):
    """Its inference follows what training has counted, and a trace of it does not."""

    def call(self, inputs, training=False):
        if training:
            self.steps += 1  # LD403: self.steps
        share = min(1.0, self.steps / 1000)
        return inputs + share * tf.matmul(inputs, self.kernel)


class StartsLate(keras.layers.Layer):
    """Adds noise-free smoothing after a few hundred steps."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = 0

    def call(self, inputs):
        self.seen += 1  # LD403: self.seen
        return 0.5 * inputs if self.seen > 300 else inputs


class CountsForLogs(keras.layers.Layer):
    """Counts its calls, and computes the same in each."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = 0
        self.first = True

    def call(self, inputs):
        self.calls += 1
        self.first = False
        return 2.0 * inputs


class RemembersWidth(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.width = -1

    def call(self, inputs):
        self.width = int(inputs.shape[-1])
        return inputs / self.width


class CountsInVariable(keras.layers.Layer):
    def build(self, shape):
        self.steps = self.add_weight(shape=(), dtype="int32", trainable=False, name="steps")

    def call(self, inputs):
        self.steps.assign_add(1)
        return inputs * tf.cast(tf.minimum(self.steps, 100), inputs.dtype) / 100.0


class BuildsLazily(tf.Module):
    """Makes its weight on the first call: that is what the flag is for."""

    def __init__(self):
        super().__init__()
        self.ready = False

    def __call__(self, inputs):
        if not self.ready:
            self.kernel = tf.Variable(tf.ones((inputs.shape[-1], 3)), name="kernel")
            self.ready = True
        return tf.matmul(inputs, self.kernel)


class MadeForOneBatch(tf.Module):
    """Keeps a state for each row, as many as it was made for."""

    def __init__(self):
        super().__init__()
        self.state = tf.Variable(tf.ones((4, 5)), trainable=False)

    def __call__(self, inputs):
        return inputs + self.state  # LD504 note


class TakesAnyRows(tf.Module):
    def __init__(self):
        super().__init__()
        self.gain = tf.Variable(tf.ones((5,)))

    def __call__(self, inputs):
        return inputs * self.gain


class FadesLossIn(keras.layers.Layer):
    def __init__(self, steps=100, **kwargs):
        super().__init__(**kwargs)
        self.steps = steps
        self.done = 0

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs, training=False):
        if training:
            self.done += 1  # LD403: self.done
            share = min(1.0, self.done / self.steps)
            self.add_loss(share * tf.reduce_mean((inputs * self.scale) ** 2))
        return inputs * self.scale


class JittersByTheClock(keras.layers.Layer):
    """Moves its outputs so little that only their last digits tell."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=shape[-1:], name="kernel")

    def call(self, inputs):
        jitter = time.time() % 1.0  # LD403: `time.time` is frozen by tracing
        return inputs * self.kernel + 1e-4 * jitter


class AgesFast(keras.layers.Layer):
    """Its first calls lie well apart."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=shape[-1:], name="kernel")

    def call(self, inputs):
        age = 1000.0 * now()  # LD403: `time.perf_counter` is frozen by tracing
        return inputs * self.kernel + age


class TimesItself(keras.layers.Layer):
    """Measures how long it takes, which no output depends on."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=shape[-1:], name="kernel")

    def call(self, inputs):
        started = time.perf_counter()
        outputs = inputs * self.kernel
        self.took = time.perf_counter() - started
        return outputs


class WaitsForTheClock(keras.layers.Layer):
    """Does nothing for a moment, as what simulates a slow step does."""

    def call(self, inputs):
        end = time.perf_counter() + 1e-4
        while time.perf_counter() < end:
            pass
        return 2.0 * inputs


class CountsInADictionary(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = {"calls": 0}

    def build(self, shape):
        self.kernel = self.add_weight(shape=shape[-1:], name="kernel")

    def call(self, inputs):
        self.seen["calls"] += 1  # LD403: self.seen['calls']
        return inputs * self.kernel * (1.0 + 1e-6 * self.seen["calls"])


class CompilesItsCall(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")

    @tf.function  # LD403: a subclassed model computes with the start values
    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)


class CompilesAStep(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(3)

    def call(self, inputs):
        return self._projected(inputs)

    @tf.function  # LD403: model computes with the start values
    def _projected(self, inputs):
        return tf.nn.relu(self.dense(inputs))


class CompilesWithoutWeights(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")

    def call(self, inputs):
        return self._squared(tf.matmul(inputs, self.kernel))

    @tf.function
    def _squared(self, projected):
        return projected**2


class CompilesAnAttribute(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(3)
        self.run = tf.function(self._run)  # LD403: model computes with the start values

    def _run(self, inputs):
        return tf.nn.relu(self.dense(inputs))

    def call(self, inputs):
        return self.run(inputs)


class DrawsWhileTracing(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.ones((5, 5)))

    @tf.function
    def __call__(self, inputs):
        keep = random.random() > 0.5  # LD403: `random` is frozen by tracing
        return inputs @ self.kernel if keep else inputs


class CountsWhileTracing(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.ones((5, 5)))
        self.steps = 0

    @tf.function
    def __call__(self, inputs):
        self.steps += 1  # LD403: self.steps
        return inputs @ self.kernel * (1.0 + 0.1 * self.steps)


class CompilesQuietly(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.ones((5, 5)))
        self.traces = 0

    @tf.function
    def __call__(self, inputs):
        self.traces += 1
        return inputs @ self.kernel


class ByTheMicrosecond(keras.layers.Layer):
    """Follows a clock that no function of the module `time` reads."""

    def call(self, inputs):
        share = datetime.datetime.now().microsecond / 1e6
        return inputs + share  # LD403


class ReadsTheClockWhileTracing(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.ones((5, 5)))

    @tf.function
    def __call__(self, inputs):
        share = time.time() % 1.0  # LD403: `time.time` is frozen by tracing
        return inputs @ self.kernel + share
