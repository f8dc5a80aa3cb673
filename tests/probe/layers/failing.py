"""Layers that cannot be run.

A comment names the class that is at fault on a line, and the rule that says so.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
import tf_keras


def helper(x, w):
    return tf.matmul(x, w)  # LD003 (HelperFn, SubRaise)


class HelperFn(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(3, 3))

    def call(self, x):
        return helper(x, self.w)


class PropRaise(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(3, 3))

    @property
    def normed(self):
        return self.w / self.missing  # LD003

    def call(self, x):
        return x * self.normed


class SubRaise(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.inner = HelperFn()

    def call(self, x):
        return self.inner(x)


class SubDense(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.d = keras.layers.Conv2D(3, 3)

    def call(self, x):
        return self.d(x)  # LD003


class BuildRaise(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(s[5], 3))  # LD002

    def call(self, x):
        return x @ self.w


class BuildHelperRaise(keras.layers.Layer):
    def build(self, s):
        self._check(s)
        self.w = self.add_weight(shape=(3, 3))

    def _check(self, s):
        if len(s) != 4:
            raise ValueError(f"expected 4D, got {s}")  # LD002

    def call(self, x):
        return x


class BuildSubRaise(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.c = keras.layers.Conv2D(3, 3)

    def build(self, s):
        self.c.build(s)  # LD002

    def call(self, x):
        return self.c(x)


class InitRaise(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.units = kw["units"]  # LD001

    def call(self, x):
        return x


class BadKwarg(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(input_dim=5, weights=[1], **kw)  # LD001

    def call(self, x):
        return x


class NoSuper(keras.layers.Layer):
    def __init__(self):  # LD001
        self.units = 3

    def call(self, x):
        return x


class NoSuperSub(keras.layers.Layer):
    def __init__(self):  # LD001
        self.d = keras.layers.Dense(3)

    def call(self, x):
        return self.d(x)


class LateSuper(keras.layers.Layer):
    def __init__(self):  # LD501 warning
        self.d = keras.layers.Dense(3)
        super().__init__()

    def call(self, x):
        return self.d(x)


class NoSuperK2(tf_keras.layers.Layer):
    def __init__(self):  # LD001
        self.units = 3

    def call(self, x):
        return x


class NoSuperK2Sub(tf_keras.layers.Layer):
    def __init__(self):  # LD001
        self.d = tf_keras.layers.Dense(3)

    def call(self, x):
        return self.d(x)


class NoSuperModule(tf.Module):
    def __init__(self):
        self.w = tf.Variable(tf.ones(5))

    def __call__(self, x):
        return x * self.w


class NoSuperModuleScope(tf.Module):
    def __init__(self):  # LD001
        self.w = tf.Variable(tf.ones(5))

    @tf.Module.with_name_scope
    def __call__(self, x):
        return x * self.w


class NoSuperModel(keras.Model):
    def __init__(self):  # LD001
        self.d = keras.layers.Dense(3)

    def call(self, x):
        return self.d(x)


class NoSuperModelK2(tf_keras.Model):
    def __init__(self):
        self.d = tf_keras.layers.Dense(3)  # LD001

    def call(self, x):
        return self.d(x)


class Chained(keras.layers.Layer):
    def call(self, x):
        try:
            return tf.reshape(x, (7, 7))
        except Exception as e:
            raise ValueError("the input must have 49 elements") from e  # LD003


class FromNone(keras.layers.Layer):
    def call(self, x):
        try:
            return {}["a"]
        except KeyError:
            raise RuntimeError("no a") from None  # LD003


class AutographRaise(tf_keras.layers.Layer):
    def call(self, x):
        y = x * 2.0
        if tf.reduce_sum(x) > -1e9:
            y = tf.reshape(x, (7, 7))  # LD003
        return y


class TfFunctionRaise(keras.layers.Layer):
    @tf.function
    def run(self, x):
        return tf.reshape(x, (7, 7))  # LD003

    def call(self, x):
        return self.run(x)


def deco(fn):
    @functools.wraps(fn)
    def wrap(*a, **k):
        return fn(*a, **k)

    return wrap


class DecoratedRaise(keras.layers.Layer):
    @deco
    def call(self, x):
        return tf.concat([x, tf.zeros((1, 1))], 1)  # LD003


class NoneReturn(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(5,))

    def call(self, x):
        x * self.w  # LD210: self.w


class AssertRaise(keras.layers.Layer):
    def call(self, x):
        size = tf.shape(x)[0]
        tf.debugging.assert_equal(size, 99, message="must be 99")  # LD003
        return x


class KerasOps(keras.layers.Layer):
    def call(self, x):
        return keras.ops.reshape(x, (7, 7))  # LD003


class KerasOpsWeight(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.d = keras.layers.Dense(3)

    def call(self, x):
        y = self.d(x)
        return keras.ops.matmul(y, keras.ops.ones((7, 7)))  # LD003


class NumpyInCall(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.d = keras.layers.Dense(3)

    def call(self, x):
        return self.d(x) * float(np.mean(x.numpy()))  # LD401


class SecondRaises(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.used = False

    def call(self, x):
        if self.used:
            raise RuntimeError("only once")  # LD003
        self.used = True
        return x


class GradRaises(keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(5,))

    def call(self, x):
        @tf.custom_gradient
        def f(t):
            def g(dy):
                return tf.reshape(dy, (7, 7))  # LD003

            return t * 2.0, g

        return f(x * self.w)


class BuildWrongArity(keras.layers.Layer):
    def build(self):
        self.w = self.add_weight(shape=(5,))

    def call(self, x):
        return x * self.w


class K2BuildRaise(tf_keras.layers.Layer):
    def build(self, s):
        self.w = self.add_weight(shape=(s[-1], 3), bogus=3)  # LD002

    def call(self, x):
        return tf.matmul(x, self.w)


class NameAttr(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.input_shape_ = None
        self.weights = []  # LD001

    def call(self, x):
        return x


class InnerInit:
    def __init__(self):
        raise KeyError("vocab")  # LD001 (InitHelper)


class InitHelper(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.i = InnerInit()

    def call(self, x):
        return x


class SysExit(keras.layers.Layer):
    def call(self, x):
        import sys

        sys.exit(3)  # LD003


class TrainRaise(keras.layers.Layer):
    def call(self, x, training=None):
        if training:
            x = tf.reshape(x, (7, 7))  # LD003
        return x


class OddBuild(keras.layers.Layer):
    def build(self, a, b):  # LD002
        self.w = self.add_weight(name="w", shape=(a[-1],))

    def call(self, x):
        return x * self.w
