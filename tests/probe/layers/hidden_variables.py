"""Variables that hide, and others that do not.

A comment names the class that is at fault on a line, and the rule that says so.
"""

# aside: LD505

import collections
import dataclasses
import functools
import types
import weakref
from typing import NamedTuple

import keras
import numpy as np
import shared_settings
import tensorflow as tf
import tf_keras

GAIN = tf.Variable(tf.ones(5), name="global_gain")  # LD101: GAIN (Global)
REGISTRY = {"gain": tf.Variable(tf.ones(5))}  # LD101: REGISTRY['gain'] (GlobalDict)


class Attr(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.gain = tf.Variable(tf.ones(5))  # LD101: self.gain / LD101: self.inner.gain (SubHidden)

    def call(self, x):
        return x * self.gain


class AttrFixed(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.steps = tf.Variable(0.0, trainable=False)  # LD101: self.steps

    def call(self, x):
        self.steps.assign_add(1.0)
        return x


class InList(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.gains = [tf.Variable(tf.ones(5)) for _ in range(3)]  # LD101: self.gains

    def call(self, x):
        for g in self.gains:
            x = x * g
        return x


class InDict(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.p = {"a": tf.Variable(tf.ones(5)), "b": tf.Variable(tf.zeros(5))}  # LD101: self.p

    def call(self, x):
        return x * self.p["a"] + self.p["b"]


class Nested(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.p = [[tf.Variable(tf.ones(5))], [tf.Variable(tf.ones(5))]]  # LD101: self.p

    def call(self, x):
        return x * self.p[0][0] * self.p[1][0]


class InDeque(keras.layers.Layer):
    def build(self, s):
        self.q = collections.deque([keras.Variable(tf.ones(5))], maxlen=3)  # LD101: self.q[0]

    def call(self, x):
        return x * self.q[0]


class Helper:
    def __init__(self):
        self.gain = keras.Variable(np.ones(5, "float32"))  # LD101: self.helper.gain (InHelper)

    def __call__(self, x):
        return x * self.gain


class InHelper(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.helper = Helper()

    def call(self, x):
        return self.helper(x)


class Mod(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones(5))  # LD101: self.mod.w (InModule) / LD502: self.mod.w (K2Attr)

    def __call__(self, x):
        return x * self.w


class InModule(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.mod = Mod()

    def call(self, x):
        return self.mod(x)


def make_scale():
    gain = tf.Variable(tf.ones(5))  # LD101: gain (InClosure)

    def scale(x):
        return x * gain

    return scale


class InClosure(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.fn = make_scale()

    def call(self, x):
        return self.fn(x)


class InLambda(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        offset = tf.Variable(tf.zeros(5))  # LD101: offset
        self.shift = keras.layers.Lambda(lambda t: t + offset)

    def call(self, x):
        return self.shift(x)


class InPartial(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.fn = functools.partial(tf.multiply, tf.Variable(tf.ones(5)))  # LD101: self.fn.args[0]

    def call(self, x):
        return self.fn(x)


class Global(keras.layers.Layer):
    def call(self, x):
        return x * GAIN


class GlobalDict(keras.layers.Layer):
    def call(self, x):
        return x * REGISTRY["gain"]


class OtherModuleGlobal(keras.layers.Layer):
    def call(self, x):
        return x * shared_settings.GAIN


class OtherModuleFn(keras.layers.Layer):
    def call(self, x):
        return shared_settings.scale(x)


class OtherClass(keras.layers.Layer):
    def call(self, x):
        return x * shared_settings.Store.gain


class ClassAttr(keras.layers.Layer):
    gain = tf.Variable(tf.ones(5))  # LD101: ClassAttr.gain

    def call(self, x):
        return x * self.gain


class KVHelperDict(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        gain = keras.Variable(np.ones(5, "float32"))  # LD101: self.ns.gain
        self.ns = types.SimpleNamespace(gain=gain)

    def call(self, x):
        return x * self.ns.gain


class Prop(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.__dict__["_hidden_gain"] = tf.Variable(tf.ones(5))  # LD101: self._hidden_gain

    @property
    def gain(self):
        return self.__dict__["_hidden_gain"]

    def call(self, x):
        return x * self.gain


class Slotted:
    __slots__ = ("gain",)

    def __init__(self):
        one = tf.ones(5)
        self.gain = tf.Variable(one)  # LD101: self.h.gain (InSlots, K2Helper, TFModuleHelper)


class InSlots(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.h = Slotted()

    def call(self, x):
        return x * self.h.gain


@dataclasses.dataclass(frozen=True, slots=True)
class Params:
    gain: tf.Variable
    bias: tf.Variable


class InDataclass(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.p = Params(tf.Variable(tf.ones(5)), tf.Variable(tf.zeros(5)))  # LD101: self.p

    def call(self, x):
        return x * self.p.gain + self.p.bias


class Pair(NamedTuple):
    gain: tf.Variable
    bias: tf.Variable


class InNamedTuple(keras.layers.Layer):
    def build(self, s):
        self.p = Pair(tf.Variable(tf.ones(5)), tf.Variable(tf.zeros(5)))  # LD101: self.p

    def call(self, x):
        return x * self.p.gain + self.p.bias


class Owner:
    def __init__(self):
        self.gain = tf.Variable(tf.ones(5))  # LD101: self.owner.gain (Weak)


KEEP = Owner()


class Weak(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.owner = weakref.ref(KEEP)

    def call(self, x):
        return x * self.owner().gain


class Given(keras.layers.Layer):  # args: { gain = { object = "tensorflow:Variable", args = [[1.0, 2.0, 3.0, 4.0, 5.0]] } }
    def __init__(self, gain, **kw):  # LD501 warning: gain
        super().__init__(**kw)
        self.gain = gain  # LD101 note: self.gain

    def call(self, x):
        return x * self.gain


@functools.cache
def cached_gain(width):
    return tf.Variable(tf.ones(width))  # LD502 (LruCached)


class LruCached(keras.layers.Layer):
    def call(self, x):
        return x * cached_gain(x.shape[-1])


def scaled(fn):
    gain = tf.Variable(tf.ones(5))  # LD101: gain (Decorated)

    @functools.wraps(fn)
    def wrapper(*a, **k):
        return fn(*a, **k) * gain

    return wrapper


class Decorated(keras.layers.Layer):
    @scaled
    def call(self, x):
        return x + 1.0


class ObjArray(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.vs = np.array([None, None], dtype=object)
        self.vs[0] = tf.Variable(tf.ones(5))  # LD101: self.vs[0]
        self.vs[1] = tf.Variable(tf.ones(5))  # LD101: self.vs[1]

    def call(self, x):
        return x * self.vs[0] * self.vs[1]


def funcattr(x):
    return x * funcattr.gain


funcattr.gain = tf.Variable(tf.ones(5))  # LD101: funcattr.gain (FuncAttr)


class FuncAttr(keras.layers.Layer):
    def call(self, x):
        return funcattr(x)


@tf.custom_gradient
def scaled_by_global(x):
    def grad(dy):
        return dy * GAIN

    return x * GAIN, grad


class CustomGrad(keras.layers.Layer):
    def call(self, x):
        return scaled_by_global(x)  # LD003


class Stateless(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.seed_gen = keras.random.SeedGenerator(1)
        self.m = keras.metrics.Mean(name="m")
        self.rng = tf.random.Generator.from_seed(3)
        self.d = keras.layers.Dropout(0.5)

    def call(self, x, training=None):
        self.m.update_state(x)
        if training:
            x = (
                x
                + keras.random.normal(keras.ops.shape(x), seed=self.seed_gen)
                + self.rng.normal([5])
            )
        return self.d(x, training=training)


class UnusedGlobalReader(keras.layers.Layer):
    def call(self, x, use=False):
        if use:
            return x * GAIN
        return x


class KVTuple(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = (keras.Variable(np.ones(5, "float32")), keras.Variable(np.ones(5, "float32")))
        self.named = {"a": keras.Variable(np.ones(5, "float32"))}

    def call(self, x):
        return x * self.t[0] * self.t[1] * self.named["a"]


class TFModuleTwin(tf.Module):
    def __init__(self):
        super().__init__()
        self.gain = tf.Variable(tf.ones(5))
        self.inner = Mod()
        self.many = [tf.Variable(tf.ones(5)), {"a": tf.Variable(tf.ones(5))}]

    def __call__(self, x):
        return self.inner(x) * self.gain * self.many[0] * self.many[1]["a"]


class TFModuleLambda(tf.Module):
    def __init__(self):
        super().__init__()
        v = tf.Variable(tf.ones(5))  # LD101: v
        self.f = lambda t: t * v

    def __call__(self, x):
        return self.f(x)


class TFModuleHelper(tf.Module):
    def __init__(self):
        super().__init__()
        self.h = Slotted()

    def __call__(self, x):
        return x * self.h.gain


class ModuleDeque(tf.Module):
    def __init__(self):
        super().__init__()
        self.q = collections.deque([tf.Variable(tf.ones(5))])

    def __call__(self, x):
        return x * self.q[0]


class K2Attr(tf_keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.gain = tf.Variable(tf.ones(5))
        self.d = {"a": tf.Variable(tf.ones(5)), "n": [tf.Variable(tf.ones(5))]}
        self.mod = Mod()

    def call(self, x):
        return self.mod(x * self.gain * self.d["a"] * self.d["n"][0])


class K2Helper(tf_keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.h = Slotted()

    def call(self, x):
        return x * self.h.gain


class K2Deque(tf_keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.h = collections.deque([tf.Variable(tf.ones(5))])  # LD502 note: as a SavedModel

    def call(self, x):
        return x * self.h[0]


class K2AppendedLater(tf_keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.h = []

    def build(self, s):
        self.h.append(tf.Variable(tf.ones(5)))
        super().build(s)

    def call(self, x):
        return x * self.h[0]


class ModelWithVar(keras.Model):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.dense = keras.layers.Dense(5)
        self.temp = tf.Variable(1.0)  # LD101: self.temp

    def call(self, x):
        return self.dense(x) * self.temp


class SubHidden(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.inner = Attr()  # the inner layer's attribute

    def call(self, x):
        return self.inner(x)


class InTuple(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = (tf.Variable(tf.ones(5)), tf.Variable(tf.ones(5)))  # LD101: self.t
        self.d = {"a": (tf.Variable(tf.ones(5)), 1)}  # LD101: self.d['a'][0]

    def call(self, x):
        return x * self.t[0] * self.t[1] * self.d["a"][0]
