"""Sub-layers that are tracked, and others that are not.

A comment names the class that is at fault on a line, and the rule that says so.
"""

# aside: LD505

import collections
import functools

import keras
import tensorflow as tf
import tf_keras


class ListInList(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = [[], []]
        self.b[0].append(keras.layers.Dense(5))

    def call(self, x):
        return self.b[0][0](x)


class SetDefault(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = {}
        self.b.setdefault("a", keras.layers.Dense(5))  # LD102: self.b['a']

    def call(self, x):
        return self.b["a"](x)


class SetItem(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = [None]
        self.b[0] = keras.layers.Dense(5)  # LD102: self.b[0]

    def call(self, x):
        return self.b[0](x)


class DictItem(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = {}
        self.b["a"] = keras.layers.Dense(5)

    def call(self, x):
        return self.b["a"](x)


class Appended(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = []
        for _ in range(2):
            self.b.append(keras.layers.Dense(5))

    def call(self, x):
        for b in self.b:
            x = b(x)
        return x


class AppendedInBuild(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = []

    def build(self, s):
        self.b.append(keras.layers.Dense(s[-1]))
        self.b[0].build(s)

    def call(self, x):
        return self.b[0](x)


class AfterBuild(keras.layers.Layer):
    def build(self, s):
        super().build(s)
        self.inner = keras.layers.Dense(5)  # LD107: self.inner

    def call(self, x):
        return self.inner(x)


class InCall(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.inner = None

    def call(self, x):
        if self.inner is None:
            self.inner = keras.layers.Dense(5)  # LD003
        return self.inner(x)


class Block:
    def __init__(self, units):
        self.dense = keras.layers.Dense(units)  # LD102: self.block.dense (HelperBlock) / LD102: self.blocks (HelperBlocks)
        self.norm = keras.layers.LayerNormalization()  # LD102: self.block.norm (HelperBlock) / LD102: self.blocks (HelperBlocks)

    def __call__(self, x):
        return self.norm(self.dense(x))


class HelperBlock(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.block = Block(5)

    def call(self, x):
        return self.block(x)


class HelperBlocks(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.blocks = [Block(5) for _ in range(2)]

    def call(self, x):
        for b in self.blocks:
            x = b(x)
        return x


class DequeLayers(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        layers = [keras.layers.Dense(5), keras.layers.Dense(5)]
        self.b = collections.deque(layers)  # LD102: self.b

    def call(self, x):
        for b in self.b:
            x = b(x)
        return x


class K2InK3(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.d = tf_keras.layers.Dense(5)  # LD102: self.d

    def call(self, x):
        return self.d(x)


class K3InK2(tf_keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.d = keras.layers.Dense(5)  # LD102: self.d

    def call(self, x):
        return self.d(x)


class K3InModule(tf.Module):
    def __init__(self):
        super().__init__()
        self.d = keras.layers.Dense(5)  # LD102: self.d / LD102: self.d[0].d (ModuleInModuleList)

    def __call__(self, x):
        return self.d(x)


class K2InModule(tf.Module):
    def __init__(self):
        super().__init__()
        self.d = tf_keras.layers.Dense(5)

    def __call__(self, x):
        return self.d(x)


class ModuleInModuleList(tf.Module):
    def __init__(self):
        super().__init__()
        self.d = [K3InModule(), K2InModule()]

    def __call__(self, x):
        return self.d[1](self.d[0](x))


class ReservedLayers(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self._layers = [keras.layers.Dense(5)]  # LD102: self._layers[0]

    def call(self, x):
        return self._layers[0](x)


class ReservedTracker(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self._trainable_variables = [tf.Variable(tf.ones(5))]

    def call(self, x):  # LD405
        return x * self._trainable_variables[0]


class ReservedMetrics(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self._metrics = [keras.layers.Dense(5)]  # LD102: self._metrics[0]

    def call(self, x):  # LD405
        return self._metrics[0](x)


class Shared(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.emb = keras.layers.Dense(5)
        self.ref = [self.emb]
        self.holder = Holder(self.emb)

    def call(self, x):
        return self.holder.layer(self.emb(x))


class Holder:
    def __init__(self, layer):
        self.layer = layer  # LD102 note: self.base.layer (FrozenGiven)


class FrozenGiven(keras.layers.Layer):  # args: { base = { object = "hidden_layers:frozen", args = {} } }
    def __init__(self, base, **kw):  # LD501 warning: base
        super().__init__(**kw)
        self.base = Holder(base)

    def call(self, x):
        return self.base.layer(x)


def frozen():
    d = keras.layers.Dense(5)
    d.build((None, 5))  # LD502: BASE.kernel (FrozenGlobal)
    d.trainable = False
    return d


BASE = frozen()  # LD102 note: BASE (FrozenGlobal)


class FrozenGlobal(keras.layers.Layer):
    def call(self, x):
        return BASE(x)


def make_fn(units):
    dense = keras.layers.Dense(units)  # LD102: dense (ClosureLayer)

    def f(x):
        return dense(x)

    return f


class ClosureLayer(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.f = make_fn(5)

    def call(self, x):
        return self.f(x)


class LambdaLayer(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        dense = keras.layers.Dense(5)  # LD102: dense
        self.f = keras.layers.Lambda(lambda x: dense(x))

    def call(self, x):
        return self.f(x)


class DictOfLists(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = {"a": [keras.layers.Dense(5)], "b": (keras.layers.Dense(5), keras.layers.Dense(5))}

    def call(self, x):
        return self.b["b"][1](self.b["b"][0](self.b["a"][0](x)))


class SequentialInner(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.s = keras.Sequential([keras.layers.Dense(5), keras.layers.Dense(5)])

    def call(self, x):
        return self.s(x)


class SetAttrName(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        for i in range(3):
            setattr(self, f"dense_{i}", keras.layers.Dense(5))

    def call(self, x):
        for i in range(3):
            x = getattr(self, f"dense_{i}")(x)
        return x


class Activated(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.d = keras.layers.Dense(5, activation=keras.layers.PReLU())

    def call(self, x):
        return self.d(x)


class ListComp2(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.b = []
        self.b += [keras.layers.Dense(5)]
        self.b = [*self.b, keras.layers.Dense(5)]
        self.b.extend([keras.layers.Dense(5)])
        self.b.insert(0, keras.layers.Dense(5))

    def call(self, x):
        for b in self.b:
            x = b(x)
        return x


class GatedLate(keras.layers.Layer):  # LD502
    def __init__(self, **kw):
        super().__init__(**kw)
        self.aux = keras.layers.Dense(5)  # LD107: self.aux
        self.main = keras.layers.Dense(5)

    def build(self, s):
        self.main.build(s)
        self.built = True

    def call(self, x, training=None):
        y = self.main(x)
        if training:
            y = y + self.aux(x)
        return y


class LateOwn(keras.layers.Layer):
    def build(self, s):
        self.a = self.add_weight(shape=(5,), name="a")

    def call(self, x):
        if not hasattr(self, "b"):
            self.b = self.add_weight(shape=(5,), name="b")  # LD003
        return x * self.a + self.b


class TF2LateK2(tf_keras.layers.Layer):
    def build(self, s):
        self.a = self.add_weight(shape=(5,), name="a")
        self.d = tf_keras.layers.Dense(5)  # LD107: self.d
        super().build(s)

    def call(self, x):
        return self.d(x * self.a)


class OldIdiom(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.a = keras.layers.Dense(5)
        self.b = keras.layers.Dense(5)

    def call(self, x):
        return self.b(self.a(x))


class BuildSuperOnly(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.a = keras.layers.Dense(5)  # LD107: self.a

    def build(self, s):
        super().build(s)

    def call(self, x):
        return self.a(x)


class TwoUnbuilt(keras.layers.Layer):  # LD107: `self.left` and `self.right` exist only
    def __init__(self, **kw):
        super().__init__(**kw)
        self.left = keras.layers.Dense(4)
        self.right = keras.layers.Dense(4)

    def call(self, x):
        return self.left(x) * self.right(x)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 4)


class WithSeq(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.mlp = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(5)])  # LD107: self.mlp
        i = keras.Input((5,))
        self.fn = keras.Model(i, keras.layers.Dense(5)(i))

    def build(self, s):
        self.built = True

    def call(self, x):
        return self.fn(self.mlp(x))


class Scale(keras.layers.Layer):
    def build(self, s):
        self.gain = self.add_weight(shape=(s[-1],), name="gain", initializer="ones")

    def call(self, x):
        return x * self.gain


class LatePart(keras.layers.Layer):
    def build(self, s):
        self.parts = [Scale()]
        self.parts.append(Scale())  # LD107: self.parts

    def call(self, x):
        return self.parts[1](self.parts[0](x))


class Wrapped(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.scale = Scale()

    def call(self, x):
        return self.scale(x)


class LateWrapped(keras.layers.Layer):
    def build(self, s):
        self.bias = self.add_weight(shape=(s[-1],), name="bias")
        self.wrapped = Wrapped()  # LD107: self.wrapped

    def call(self, x):
        return self.wrapped(x) + self.bias


class HalfBuilt(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.scale = Scale()  # LD107: self.scale / LD107: self.part (OfHalfBuilt)

    def build(self, s):
        self.bias = self.add_weight(shape=(s[-1],), name="bias")

    def call(self, x):
        return self.scale(x) + self.bias


class OfHalfBuilt(keras.layers.Layer):
    def build(self, s):
        self.part = HalfBuilt()
        self.part.build(s)

    def call(self, x):
        return self.part(x)


class Normalized(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.bn = keras.layers.BatchNormalization()

    def build(self, s):
        self.bn.build(s)

    def call(self, x, training=False):
        return self.bn(x, training=training)


class SetAroundKeras(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        object.__setattr__(self, "dense", keras.layers.Dense(3))  # LD102: self.dense

    def build(self, s):
        self.dense.build(s)

    def call(self, x):
        return self.dense(x)


class InAMethodCache(keras.layers.Layer):
    @functools.cache
    def head(self, units):
        return keras.layers.Dense(units)

    def build(self, s):
        self.head(3).build(s)  # LD102: `kernel`

    def call(self, x):
        return self.head(3)(x)
