"""Layers that keep something of each call, or seem to.

A comment names the class that is at fault on a line, and the rule that says so.
"""

# aside: LD505

import collections

import keras
import numpy as np
import tensorflow as tf
import tf_keras


class DenseInCall(keras.layers.Layer):
    def call(self, x):
        return keras.layers.Dense(5)(x)  # LD301


class VarInCall(keras.layers.Layer):
    def call(self, x):
        w = tf.Variable(tf.ones(5))  # LD301
        return x * w


class Part(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.shift = self.add_weight(shape=(5,), name="shift")

    def build(self, s):
        self.gain = self.add_weight(shape=(s[-1],), name="gain")

    def call(self, x):
        return x * self.gain + self.shift


class PartInCall(keras.layers.Layer):
    def call(self, x):
        return Part()(x)  # LD301 (OfPartInCall, PartInCall)


class OfPartInCall(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.inner = PartInCall()

    def call(self, x):
        return self.inner(x)


class VarKept(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.ws = []

    def call(self, x):
        self.ws.append(tf.Variable(tf.ones(5)))  # LD301
        return x * self.ws[-1]


class WeightInCall(keras.layers.Layer):
    def call(self, x):
        w = self.add_weight(shape=(5,), name="w")  # LD003
        return x * w


class TrainOnly(keras.layers.Layer):
    def call(self, x, training=None):
        if training:
            x = keras.layers.Dense(5)(x)  # LD301
        return x


class SecondCall(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.n = 0

    def call(self, x):
        self.n += 1  # LD403: self.n
        if self.n % 2 == 0:
            x = keras.layers.Dense(5)(x)  # LD301
        return x


class CacheByShape(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.cache = {}

    def call(self, x):
        key = tuple(x.shape)
        if key not in self.cache:
            self.cache[key] = tf.range(x.shape[-1], dtype=tf.float32)  # LD402: self.cache[<tuple>]
        return x + self.cache[key]


class BoundedDeque(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.recent = collections.deque(maxlen=100)

    def call(self, x):
        self.recent.append(tf.reduce_mean(x))  # LD402 note: self.recent[0]
        return x


class Trimmed(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.recent = []

    def call(self, x):
        self.recent.append(1.0)
        self.recent = self.recent[-2:]
        return x


class Numbers(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.history = []

    def call(self, x):
        self.history.append(len(self.history))  # LD302: self.history
        return x


class Tensors(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.history = []

    def call(self, x):
        y = x * 2.0
        self.history.append(y)  # LD302: self.history
        return y


class DictHistory(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.history = {}

    def call(self, x):
        self.history[len(self.history)] = tf.reduce_sum(x)  # LD302: self.history
        return x


class DefaultDict(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.history = collections.defaultdict(list)

    def call(self, x):
        self.history["sum"].append(tf.reduce_sum(x))  # LD003
        return x


class Concat(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.mem = None

    def call(self, x):
        self.mem = x if self.mem is None else tf.concat([self.mem, x], 0)  # LD302: self.mem / LD402: self.mem
        return x


class HelperHistory:
    def __init__(self):
        self.rows = []

    def note(self, x):
        self.rows.append(x)  # LD302: self.log.rows (LogHelper)


class LogHelper(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.log = HelperHistory()

    def call(self, x):
        self.log.note(tf.reduce_sum(x))
        return x


LOG = []  # LD302: LOG (GlobalLog)


class GlobalLog(keras.layers.Layer):
    def call(self, x):
        LOG.append(tf.reduce_sum(x))
        return x


class UnboundedDeque(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.q = collections.deque()

    def call(self, x):
        self.q.append(tf.reduce_mean(x))  # LD302: self.q
        return x


class SetGrow(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.seen = set()

    def call(self, x):
        self.seen.add(len(self.seen))  # LD302: self.seen
        return x


class ArrayGrow(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.h = np.zeros((0,), "float32")

    def call(self, x):
        self.h = np.append(self.h, 1.0)  # LD302: self.h
        return x


class LambdaArg(keras.layers.Layer):
    @tf.function
    def run(self, x, f):
        return f(x)

    def call(self, x):
        return self.run(x, lambda t: t * 2.0)  # LD303: LambdaArg.run


class NewFunction(keras.layers.Layer):
    def call(self, x):
        f = tf.function(lambda t: t * 2.0)  # LD303: NewFunction.call.<locals>.<lambda>
        return f(x)


class KeptFunction(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.n = 0
        self.f = None

    def call(self, x):
        self.n += 1  # LD403
        if self.f is None:
            self.f = tf.function(lambda t, n: t * n)
        return self.f(x, self.n)  # LD303: KeptFunction.call.<locals>.<lambda>


class NewFunctionDef(keras.layers.Layer):
    def call(self, x):
        @tf.function  # LD303: NewFunctionDef.call.<locals>.step
        def step(t):
            return t * 2.0

        return step(x)


class PyScalar(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.n = 0

    @tf.function
    def run(self, x, n):
        return x * n

    def call(self, x):
        self.n += 1  # LD403: self.n
        return self.run(x, self.n)  # LD303


class Poly(keras.layers.Layer):
    @tf.function
    def run(self, x):
        return tf.reduce_sum(x) * 2.0

    def call(self, x):
        return x * self.run(x) + self.run(x[:, :2])


class Signature(keras.layers.Layer):
    @tf.function(input_signature=[tf.TensorSpec([None, 5])])
    def run(self, x):
        return x * 2.0

    def call(self, x):
        return self.run(x)


class CallFunction(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(5,))

    @tf.function  # LD403: a subclassed model computes with the start values of the weights
    def call(self, x):
        return x * self.w


class JitInner(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.f = tf.function(self.inner)

    def inner(self, x):
        return x * 2.0

    def call(self, x):
        return self.f(x)


class DictArg(keras.layers.Layer):
    @tf.function
    def run(self, d):
        return d["x"] * d["s"]

    def call(self, x):
        return self.run({"x": x, "s": tf.constant(2.0)})


class NewObjectArg(keras.layers.Layer):
    @tf.function
    def run(self, x, cfg):
        return x * cfg.scale

    def call(self, x):
        return self.run(x, Cfg(2.0))  # LD303


class Cfg:
    def __init__(self, scale):
        self.scale = scale


class MapFn(keras.layers.Layer):
    def call(self, x):
        return tf.map_fn(lambda r: r * 2.0, x) + tf.vectorized_map(lambda r: r * 1.0, x)


class K2Retrace(tf_keras.layers.Layer):
    def call(self, x):
        return tf.function(lambda t: t + 1.0)(x)  # LD303


class ModVarInCall(tf.Module):
    def __call__(self, x):
        return x * tf.Variable(2.0)  # LD301


class ModLazy(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = None

    def __call__(self, x):
        if self.w is None:
            self.w = tf.Variable(tf.ones(x.shape[-1]))
        return x * self.w


class NewDictEachCall(keras.layers.Layer):
    def call(self, x):
        self.state = {"a": x, "b": x}  # LD402 note: self.state['a']
        return x


class GrowThenStop(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.h = []

    def call(self, x):
        if len(self.h) < 2:
            self.h.append(1)
        return x


class RecursiveTf(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.v = None

    @tf.function
    def run(self, x):
        if self.v is None:
            self.v = tf.Variable(tf.ones(5))  # LD101: self.v
        return x * self.v

    def call(self, x):
        return self.run(x)


class TrainHistory(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.means = []

    def call(self, x, training=False):
        if training:
            self.means.append(tf.reduce_mean(x))  # LD302: self.means
        return x


class PoppedHistory(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.recent = []

    def call(self, x):
        self.recent.append(1.0)
        if len(self.recent) > 20:
            self.recent.pop(0)
        return x
