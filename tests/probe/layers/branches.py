"""Layers that read some of their weights under a condition only."""

# aside: LD104 LD206 LD505 LD508

import keras
import tensorflow as tf


class AsksForContext(keras.layers.Layer):
    """A second, optional input brings half of its weights to life."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")
        self.context_kernel = self.add_weight(shape=(shape[-1], 3), name="context_kernel")

    def call(self, inputs, context=None):
        out = tf.matmul(inputs, self.kernel)
        if context is not None:  # LD201 note: the argument `context` was left out
            out += tf.matmul(context, self.context_kernel)
        return out


class ReturnsEarly(keras.layers.Layer):
    """Works on sequences; for plain features a part of it has nothing to do."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.project = keras.layers.Dense(3)
        self.mix = keras.layers.Dense(3)

    def build(self, shape):
        self.project.build(shape)
        self.mix.build((*shape[:-1], 3))

    def call(self, inputs):
        out = self.project(inputs)
        if len(inputs.shape) < 3:  # LD201 note: `self.mix.kernel` and `self.mix.bias`
            return out
        return self.mix(out)


class LargeValuesOnly(keras.layers.Layer):
    """Branches in TensorFlow, and no input is that large."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
        self.damp = self.add_weight(shape=(), initializer="ones", name="damp")

    def call(self, inputs):
        large = tf.reduce_max(tf.abs(inputs)) > 1000.0
        damped = tf.cond(large, lambda: inputs * self.damp, lambda: inputs)  # LD201 note: self.damp
        return damped * self.scale


class InAnotherMethod(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")
        self.table = self.add_weight(shape=(7, 3), name="table")

    def _embed(self, ids):
        return tf.gather(self.table, ids)

    def call(self, inputs, ids=None):
        out = tf.matmul(inputs, self.kernel)
        return out if ids is None else out + self._embed(ids)  # LD201 note: `ids` was left out


class Cell(keras.layers.Layer):  # part
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")
        self.recurrent = self.add_weight(shape=(3, 3), name="recurrent")

    def call(self, inputs, state=None):
        out = tf.matmul(inputs, self.kernel)
        if state is not None:  # LD201 note: self.cell.recurrent (HoldsCell)
            out += tf.matmul(state, self.recurrent)
        return tf.tanh(out)


class HoldsCell(keras.layers.Layer):
    """Never hands a state to its cell."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.cell = Cell()

    def build(self, shape):
        self.cell.build(shape)

    def call(self, inputs):
        return self.cell(inputs)


class DecidedByConstructor(keras.layers.Layer):
    """Makes a bias whether or not it uses one: no input changes that."""

    def __init__(self, use_bias=False, **kwargs):
        super().__init__(**kwargs)
        self.use_bias = use_bias

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")
        self.bias = self.add_weight(shape=(3,), name="bias")  # LD201 warning: self.bias

    def call(self, inputs):
        out = tf.matmul(inputs, self.kernel)
        if self.use_bias:
            out += self.bias
        return out


class Forgotten(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")
        self.bias = self.add_weight(shape=(3,), name="bias")  # LD201 warning: self.bias

    def call(self, inputs, context=None):
        if context is not None:
            inputs = inputs + context
        return tf.matmul(inputs, self.kernel)


class InTrainingOnly(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")
        self.noise = self.add_weight(shape=(3,), initializer="ones", name="noise")

    def call(self, inputs, training=False):
        out = tf.matmul(inputs, self.kernel)
        if training:
            out = out * self.noise
        return out


class ForgottenHead(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.policy = keras.layers.Dense(3)
        self.value = keras.layers.Dense(1)  # LD201 note: `self.value` is never called

    def call(self, inputs):
        return self.policy(inputs)


class BoundTooLate(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.parts = [keras.layers.Dense(5) for _ in range(3)]  # LD201 warning: self.parts
        self.steps = [lambda x: layer(x) for layer in self.parts]

    def call(self, inputs):
        for step in self.steps:
            inputs = step(inputs)
        return inputs


class BoundInTime(keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.parts = [keras.layers.Dense(5) for _ in range(3)]
        self.steps = [lambda x, layer=layer: layer(x) for layer in self.parts]

    def call(self, inputs):
        for step in self.steps:
            inputs = step(inputs)
        return inputs


class KeptForLater(keras.layers.Layer):
    """The constructor's arguments, an index and another method decide what is called."""

    def __init__(self, depth=2, **kw):
        super().__init__(**kw)
        self.depth = depth
        self.blocks = [keras.layers.Dense(5) for _ in range(3)]  # LD201 note: self.blocks[2]
        self.short = keras.layers.Dense(5)
        self.head_0, self.head_1 = keras.layers.Dense(5), keras.layers.Dense(5)
        self.decoder = keras.layers.Dense(5)
        self.act = keras.layers.Activation("relu")

    def call(self, inputs):
        for block in self.blocks[: self.depth]:
            inputs = block(inputs)
        if self.depth > 2:
            inputs = inputs + self.short(inputs)
        return getattr(self, f"head_{self.depth % 2}")(inputs)

    def decode(self, codes):
        return self.decoder(codes)
