"""Tensors and arrays that layers compute with.

A comment names the class that is at fault on a line, and the rule that says so.
"""

# aside: LD104 LD505

import functools

import keras
import numpy as np
import tensorflow as tf
import tf_keras

TABLE = np.linspace(-1, 1, 25, dtype="float32").reshape(5, 5)
TENSOR = tf.reshape(tf.linspace(0.0, 1.0, 25), (5, 5))
CFG = {"w": np.arange(25, dtype="float32").reshape(5, 5)}
NOISE = np.random.normal(size=(5, 5)).astype("float32")  # LD103: NOISE (GlobalNoise)


class RandInit(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.p = tf.random.normal((5, 5))  # LD103: self.p

    def call(self, x):
        return x @ self.p


class RandBuild(keras.layers.Layer):
    def build(self, s):
        self.p = np.random.normal(size=(s[-1], 4)).astype("float32")  # LD103: self.p

    def call(self, x):
        return tf.matmul(x, self.p)


class RandSeeded(keras.layers.Layer):
    def __init__(self, seed=3, **kw):
        super().__init__(**kw)
        self.p = np.random.default_rng(seed).normal(size=(5, 4)).astype("float32")
        self.q = tf.random.stateless_normal((4, 4), seed=(1, 2))

    def call(self, x):
        return tf.matmul(tf.matmul(x, self.p), self.q)


class RandUnseededRng(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        drawn = np.random.default_rng().normal(size=(5, 4))
        self.p = drawn.astype("float32")  # LD103: self.p

    def call(self, x):
        return tf.matmul(x, self.p)


class RandOpSeed(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.p = tf.random.normal((5, 4), seed=7)  # LD103: self.p

    def call(self, x):
        return tf.matmul(x, self.p)


class KerasSeeded(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.p = keras.random.normal((5, 4), seed=7)
        self.q = keras.initializers.GlorotUniform(seed=3)((4, 4))

    def call(self, x):
        return tf.matmul(tf.matmul(x, self.p), self.q)


class KerasInitUnseeded(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.p = keras.initializers.GlorotUniform()((5, 4))  # LD103: self.p

    def call(self, x):
        return tf.matmul(x, self.p)


class Permutation(keras.layers.Layer):
    def build(self, s):
        self.perm = np.random.permutation(s[-1])  # LD103: self.perm

    def call(self, x):
        return tf.gather(x, self.perm, axis=-1)


class PermutationList(keras.layers.Layer):
    def build(self, s):
        self.perm = [int(i) for i in np.random.permutation(s[-1])]  # LD502: self.perm

    def call(self, x):
        return tf.gather(x, self.perm, axis=-1)


class GivenArray(keras.layers.Layer):  # args: { table = { array = [5, 4] } }
    def __init__(self, table, **kw):  # LD501 warning: table
        super().__init__(**kw)
        self.table = np.asarray(table, "float32")

    def call(self, x):
        return tf.matmul(x, self.table)


class GivenTensor(keras.layers.Layer):  # args: { table = { array = [5, 4] } }
    def __init__(self, table, **kw):  # LD501 warning: table
        super().__init__(**kw)
        self.table = tf.cast(tf.constant(table), tf.float32)

    def call(self, x):
        return tf.matmul(x, self.table)


class GivenScaled(keras.layers.Layer):  # args: { table = { array = [5, 4] } }
    def __init__(self, table, **kw):  # LD501 warning: table
        super().__init__(**kw)
        self.table = tf.constant(table, tf.float32) * 2.0

    def call(self, x):
        return tf.matmul(x, self.table)


class FromNumber(keras.layers.Layer):
    def __init__(self, width=5, **kw):
        super().__init__(**kw)
        self.scale = tf.constant(1.0 / np.sqrt(width), tf.float32)
        self.pos = tf.range(width, dtype=tf.float32)

    def call(self, x):
        return x * self.scale + self.pos


class GlobalTable(keras.layers.Layer):
    def call(self, x):
        return tf.matmul(x, TABLE)


class GlobalTensor(keras.layers.Layer):
    def call(self, x):
        return tf.matmul(x, TENSOR)


class GlobalDictTable(keras.layers.Layer):
    def call(self, x):
        return tf.matmul(x, CFG["w"])


class GlobalNoise(keras.layers.Layer):
    def call(self, x):
        return tf.matmul(x, NOISE)


class ClassTable(keras.layers.Layer):
    table = np.linspace(-1, 1, 25, dtype="float32").reshape(5, 5)

    def call(self, x):
        return tf.matmul(x, self.table)


def make(n):
    table = tf.eye(n) * 2.0

    def f(x):
        return tf.matmul(x, table)

    return f


class ClosureTable(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.f = make(5)

    def call(self, x):
        return self.f(x)


class ClosureRandom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        noise = tf.random.normal((5, 5))  # LD103: noise
        self.f = lambda x: tf.matmul(x, noise)

    def call(self, x):
        return self.f(x)


class PartialRandom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.f = functools.partial(tf.matmul, b=tf.random.normal((5, 5)))  # LD103: self.f.keywords['b']

    def call(self, x):
        return self.f(x)


class DictRandom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = {"a": [tf.random.normal((5, 5))]}  # LD103: self.t['a'][0]

    def call(self, x):
        return tf.matmul(x, self.t["a"][0])


class RaggedConst(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.r = tf.ragged.constant([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0, 7.0, 8.0, 9.0]])

    def call(self, x):
        return x + tf.reduce_sum(self.r)


class SparseConst(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.adj = tf.sparse.from_dense(tf.eye(5) * 2.0)

    def call(self, x):
        return tf.transpose(tf.sparse.sparse_dense_matmul(self.adj, x, adjoint_b=True))  # LD406


class SparseRandom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.adj = tf.sparse.from_dense(tf.random.normal((5, 5)))  # LD103: self.adj.values

    def call(self, x):
        return tf.transpose(tf.sparse.sparse_dense_matmul(self.adj, x, adjoint_b=True))  # LD406


class Sliced(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.pos = np.random.normal(size=(100, 5)).astype("float32")  # LD103: self.pos

    def call(self, x):
        return x + self.pos[: x.shape[0]]  # LD503


class SlicedTransform(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.pos = np.random.uniform(size=(100, 5))  # LD103: self.pos

    def call(self, x):
        return x + (2.0 * self.pos[: x.shape[0]] - 1.0).astype("float32")  # LD503


class PyRandomScalar(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.alpha = float(np.random.uniform())  # LD502: self.alpha

    def call(self, x):
        return x * self.alpha


class NpScalarRandom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.alpha = np.float32(np.random.uniform())  # LD502: self.alpha

    def call(self, x):
        return x * self.alpha


class UnusedRandom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.unused = np.random.normal(size=(50, 50))

    def call(self, x):
        return x * 2.0


class MaskUnused(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.z = np.zeros((20,), "float32")

    def call(self, x):
        return x + tf.constant(np.zeros((4, 5), "float32"))  # LD504


class LazyCache(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.mask = None

    def call(self, x):
        if self.mask is None:
            self.mask = tf.linalg.band_part(tf.ones((5, 5)), -1, 0)  # LD402: self.mask
        return tf.matmul(x, self.mask)


class LazyRandom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.mask = None

    def call(self, x):
        if self.mask is None:
            self.mask = tf.random.normal((5, 5))  # LD103: self.mask
        return tf.matmul(x, self.mask)


class LazyFromWeight(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k")
        self.sym = None

    def call(self, x):
        if self.sym is None:
            self.sym = (self.k + tf.transpose(self.k)) / 2.0  # LD106: self.sym
        return tf.matmul(x, self.sym)


class StaleInit(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.k = self.add_weight(shape=(5, 5), name="k")
        self.unit = tf.nn.softmax(self.k)  # LD106: self.unit

    def call(self, x):
        return tf.matmul(x, self.unit)


class StaleArgmax(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k")
        self.idx = tf.argmax(self.k, axis=0)  # LD106: self.idx

    def call(self, x):
        return tf.gather(x, self.idx, axis=-1) * tf.reduce_sum(self.k)


class StaleNumpy(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k", initializer="glorot_uniform")
        self.copy = np.array(self.k)  # LD106: self.copy

    def call(self, x):
        return tf.matmul(x, self.copy)


class StaleConvert(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k")
        self.copy = tf.convert_to_tensor(self.k)  # LD106: self.copy

    def call(self, x):
        return tf.matmul(x, self.copy)


class StaleRound(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k")
        self.q = tf.round(self.k * 8.0) / 8.0  # LD106: self.q

    def call(self, x):
        return tf.matmul(x, self.q)


class StaleSub(keras.layers.Layer):
    def build(self, s):
        self.d = keras.layers.Dense(5)
        self.d.build(s)
        self.kt = keras.ops.transpose(self.d.kernel)  # LD106: self.kt

    def call(self, x):
        return keras.ops.matmul(self.d(x), self.kt)


class StaleK2(tf_keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k")
        self.n = self.k * 2.0  # LD106: self.n
        super().build(s)

    def call(self, x):
        return tf.matmul(x, self.n)


class StaleModule(tf.Module):
    def __init__(self):
        super().__init__()
        self.k = tf.Variable(tf.random.normal((5, 5)))
        self.n = tf.nn.l2_normalize(self.k)  # LD106: self.n

    def __call__(self, x):
        return tf.matmul(x, self.n)


class StaleUntracked(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.v = tf.Variable(tf.random.normal((5, 5)))  # LD101: self.v
        self.n = self.v * 2.0  # LD106: self.n

    def call(self, x):
        return tf.matmul(x, self.n)


class ShapeOfWeight(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k")
        self.n = tf.shape(self.k)  # LD402: self.n
        self.z = tf.zeros_like(self.k) + 1.0

    def call(self, x):
        return tf.matmul(x, self.k) / tf.cast(self.n[0], tf.float32) + tf.reduce_sum(self.z)


class KeptActivation(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=(5, 5), name="k")

    def call(self, x):
        self.last = tf.matmul(x, self.k)  # LD402 note: self.last
        return self.last * 2.0


class SeveralKept(keras.layers.Layer):
    def build(self, s):
        self.k = self.add_weight(shape=s[-1:], name="k")

    def call(self, x):
        self.scores = x * self.k  # LD402 note: 2 more: `self.shares` and `self.last`
        self.shares = tf.nn.softmax(self.scores)
        self.last = self.shares * x
        return self.last


class KeptAndCached(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.ramp = None

    def call(self, x):
        self.seen = x * 2.0
        if self.ramp is None:
            self.ramp = tf.linspace(0.5, 1.0, x.shape[-1])  # LD402 error: 1 more: `self.seen`
        return x * self.ramp


class BigArray(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = np.zeros((5, 1_000_000), "float32")  # LD105: self.t

    def call(self, x):
        return tf.matmul(x, self.t)


class BigSliced(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = np.zeros((1_000_000, 5), "float32")

    def call(self, x):
        return x + self.t[:4]  # LD504


class BigUnused(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = np.zeros((5, 1_000_000), "float32")

    def call(self, x):
        return x * 2.0


class BigTensor(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = tf.zeros((5, 1_000_000))  # LD105: self.t

    def call(self, x):
        return tf.matmul(x, self.t)


class BigGivenInit(keras.layers.Layer):  # args: { table = { array = [5, 1_000_000] } }
    def __init__(self, table, **kw):  # LD501 warning: table
        super().__init__(**kw)
        self.table = table

    def build(self, s):
        self.w = self.add_weight(
            shape=self.table.shape, initializer=keras.initializers.Constant(self.table)
        )

    def call(self, x):
        return tf.matmul(x, self.w)


class InlineTable(keras.layers.Layer):
    def call(self, x):
        w = np.linspace(-1, 1, 25).reshape(5, 5).astype("float32")
        return tf.matmul(x, w)


class InlineFromInput(keras.layers.Layer):
    def call(self, x):
        n = x.shape[-1]
        pe = np.sin(np.arange(n) / n).astype("float32")
        return x + pe


class Sinusoid(keras.layers.Layer):
    def build(self, s):
        d = s[-1]
        self.freq = tf.constant(np.exp(-np.arange(0, d) / d), tf.float32)  # LD402: self.freq

    def call(self, x):
        return tf.sin(x * self.freq)


class ListConst(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.w = [[0.1 * i * j for i in range(5)] for j in range(5)]

    def call(self, x):
        return tf.matmul(x, tf.constant(self.w))


class CountFeatures(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.mean = tf.zeros(5)
        self.adapted = False

    def call(self, x):
        if not self.adapted:
            self.mean = tf.reduce_mean(x, 0)  # LD402: self.mean
            self.adapted = True
        return x - self.mean


class Cosine(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.t = np.cos(np.arange(25).reshape(5, 5)).astype("float32")
        self.t.setflags(write=False)

    def call(self, x):
        return tf.matmul(x, self.t * 2.0)


class CountedArray(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.counts = np.zeros(5, "float32")

    def call(self, x):
        self.counts += 1.0  # LD403: self.counts
        return x + self.counts


class CountedInPlace(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.counts = np.zeros(5, "float32")

    def call(self, x):
        self.counts[0] += 1.0  # LD403: self.counts
        return x + self.counts


def once(method):
    name = f"_kept_{method.__name__}"

    def kept(self):
        if not hasattr(self, name):
            object.__setattr__(self, name, method(self))
        return getattr(self, name)

    return kept


class KeptByDecorator(keras.layers.Layer):
    def build(self, input_shape):
        self.v = self.add_weight(name="v", shape=(5, 3))

    @once
    def unit(self):
        return tf.math.l2_normalize(self.v, axis=0)

    def call(self, x):
        return tf.matmul(x, self.unit())  # LD106: self._kept_unit


class LiteralTable(keras.layers.Layer):
    def call(self, x):
        mix = tf.constant(
            [
                [0.1, 0.2, 0.3, 0.4, 0.5],
                [0.5, 0.1, 0.2, 0.3, 0.4],
                [0.4, 0.5, 0.1, 0.2, 0.3],
                [0.3, 0.4, 0.5, 0.1, 0.2],
                [0.2, 0.3, 0.4, 0.5, 0.1],
            ]
        )
        return tf.matmul(x, mix)


class FewLiterals(keras.layers.Layer):
    def call(self, x):
        return x * tf.constant([0.1, 0.2, 0.3, 0.4, 0.5])


class DrawnDefault(keras.layers.Layer):
    def __init__(
        self,
        basis=np.random.normal(size=(5, 3)).astype("float32"),  # LD103: self.basis
        **kw,
    ):
        super().__init__(**kw)
        self.basis = basis

    def call(self, x):
        return tf.matmul(x, self.basis)

    def get_config(self):
        return super().get_config()
