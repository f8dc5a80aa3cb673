"""Layers of Keras 3 as they are trained: what fails in `fit` alone, and what works there."""

# aside: LD104 LD107 LD206 LD505 LD508

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


class Ball(keras.constraints.Constraint):  # part
    def __call__(self, weight):
        size = ops.sqrt(ops.sum(ops.square(weight)))
        if size > 2.0:  # LD405 error: of a functional model (Bounded)
            return weight * 2.0 / size
        return weight


class Bounded(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], constraint=Ball())

    def call(self, inputs):
        return inputs * self.gain


class Softly(keras.constraints.Constraint):  # part
    def __call__(self, weight):
        size = ops.sqrt(ops.sum(ops.square(weight)))
        return weight * 2.0 / ops.maximum(size, 2.0)


class SoftlyBounded(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], constraint=Softly())

    def call(self, inputs):
        return inputs * self.gain


class Rounded(keras.regularizers.Regularizer):  # part
    def __call__(self, weight):
        return 0.1 * float(ops.sum(ops.abs(weight)))  # LD405: `fit` (Regularized)


class Regularized(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], regularizer=Rounded())

    def call(self, inputs):
        return inputs * self.gain


class AssignsInBuild(layers.Layer):
    """Fills its kernel in `build`, which a subclassed model forgets."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))
        self.gain = self.add_weight(name="gain", shape=(3,), initializer="ones")
        self.kernel.assign(ops.ones((input_shape[-1], 3)))  # LD403: self.kernel

    def call(self, inputs):
        return inputs @ self.kernel * self.gain


class StartsFilled(layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], 3),
            initializer=lambda shape, dtype=None: ops.ones(shape, dtype),
        )

    def call(self, inputs):
        return inputs @ self.kernel


class Positions(layers.Layer):  # inputs: 2,6,4
    """Keeps a tensor that it makes in `build`, where a subclassed model builds it in a graph."""

    def build(self, input_shape):
        self.ramp = ops.linspace(0.0, 1.0, input_shape[1])[:, None]  # LD402 error: self.ramp
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        return inputs + self.gain * self.ramp


class PositionsInCall(layers.Layer):  # inputs: 2,6,4
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        ramp = ops.linspace(0.0, 1.0, inputs.shape[1])[:, None]
        return inputs + self.gain * ramp


class TwoWhileTraining(layers.Layer):
    def build(self, input_shape):
        self.main = self.add_weight(name="main", shape=(input_shape[-1], 2))
        self.side = self.add_weight(name="side", shape=(input_shape[-1], 2))

    def call(self, inputs, training=False):  # LD405: of a subclassed model
        if training:
            return inputs @ self.main, inputs @ self.side
        return inputs @ self.main


class MatrixRoot(layers.Layer):  # inputs: 2,3,3
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        gram = tf.matmul(inputs, inputs, transpose_a=True) + tf.eye(inputs.shape[-1])
        return tf.linalg.sqrtm(gram) * self.gain  # LD406: MatrixSquareRoot


class MatrixRootWithout(layers.Layer):  # inputs: 2,3,3
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_jit = False

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        gram = tf.matmul(inputs, inputs, transpose_a=True) + tf.eye(inputs.shape[-1])
        return tf.linalg.sqrtm(gram) * self.gain


class Hashed(layers.Layer):  # inputs: 4:string
    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(8, 3))

    def call(self, words):  # LD406: it takes no strings, which the layer is given
        return tf.gather(self.table, tf.strings.to_hash_bucket_fast(words, 8))


class Unbounded(layers.Layer):
    """A loop whose way back XLA cannot size."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        def step(number, state):
            return number + 1, ops.tanh(state * self.gain)

        start = (tf.constant(0), inputs)
        return tf.while_loop(lambda number, _: number < 3, step, start)[1]  # LD406: tensor list


class BoundedLoop(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, inputs):
        def step(number, state):
            return number + 1, ops.tanh(state * self.gain)

        start = (tf.constant(0), inputs)
        return tf.while_loop(lambda number, _: number < 3, step, start, maximum_iterations=3)[1]


class Code(layers.Layer):
    """The mean and log variance of a code, with the divergence of every sample added."""

    def build(self, input_shape):
        self.mean = self.add_weight(name="mean", shape=(input_shape[-1], 2))
        self.spread = self.add_weight(name="spread", shape=(input_shape[-1], 2))

    def call(self, inputs, training=False):
        mean, spread = inputs @ self.mean, inputs @ self.spread
        if training:
            divergence = ops.square(mean) + ops.exp(spread) - spread - 1.0
            self.add_loss(0.5 * ops.sum(divergence, axis=-1))  # LD211: (4,)
        return mean


class MeanCode(layers.Layer):
    """A variational code that is drawn, with the mean divergence added."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(7)

    def build(self, input_shape):
        self.mean = self.add_weight(name="mean", shape=(input_shape[-1], 2))
        self.spread = self.add_weight(name="spread", shape=(input_shape[-1], 2))

    def call(self, inputs, training=False):
        mean, spread = inputs @ self.mean, inputs @ self.spread
        divergence = ops.square(mean) + ops.exp(spread) - spread - 1.0
        self.add_loss(0.5 * ops.mean(ops.sum(divergence, axis=-1)))
        if training:
            noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
            return mean + ops.exp(0.5 * spread) * noise
        return mean


class Squeezed(layers.Layer):  # inputs: 4,6,1
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(input_shape[1],))

    def call(self, inputs):
        return tf.squeeze(inputs) * self.gain  # LD504: (6,) instead of (1, 6)


class FirstFour(layers.Layer):  # inputs: 4,6,5
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(30, 2))

    def call(self, inputs):
        rows = ops.reshape(inputs, (-1, 30))
        chosen = rows[:4]  # LD504: (4, 2) instead of (5, 2)
        return chosen @ self.gain


class KeepsBatchSize(layers.Layer):  # inputs: 4,6,5
    def build(self, input_shape):
        self.token = self.add_weight(name="token", shape=(1, 1, input_shape[-1]))
        self.rows = input_shape[0]

    def call(self, inputs):
        tokens = ops.broadcast_to(self.token, (self.rows, 1, inputs.shape[-1]))  # LD504
        return ops.concatenate([tokens, inputs], axis=1)


class AsManyAsBuilt(layers.Layer):
    def build(self, input_shape):
        self.token = self.add_weight(name="token", shape=(1, input_shape[-1]))
        self.rows = input_shape[0]

    def call(self, inputs):
        shift = ops.mean(inputs)
        tokens = ops.tile(self.token, (self.rows, 1))  # LD504: (4, 5) instead of (5, 5)
        return tokens + shift


class Pairs(layers.Layer):
    """Its rows come in pairs."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:])

    def call(self, rows):
        pairs = ops.reshape(rows * self.gain, (-1, 2, rows.shape[-1]))
        return ops.reshape(pairs - 0.5 * ops.flip(pairs, axis=1), (-1, rows.shape[-1]))


class Moving(layers.Layer):
    """Normalises by an average that moves while training."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")
        self.level = self.add_weight(
            name="level", shape=input_shape[-1:], initializer="zeros", trainable=False
        )

    def call(self, inputs, training=False):
        level = ops.mean(inputs, axis=0) if training else self.level
        if training:
            self.level.assign(0.9 * self.level + 0.1 * level)
        return (inputs - level) * self.gain


class Experts(layers.Layer):
    """A mixture of experts, of which each row takes two, with a loss that balances them."""

    def build(self, input_shape):
        self.router = self.add_weight(name="router", shape=(input_shape[-1], 4))
        self.experts = self.add_weight(name="experts", shape=(4, input_shape[-1], 3))

    def call(self, inputs):
        chances = ops.softmax(inputs @ self.router)
        best, which = ops.top_k(chances, 2)
        taken = ops.sum(ops.one_hot(which, 4) * best[..., None], axis=1)
        self.add_loss(0.01 * 4.0 * ops.sum(ops.square(ops.mean(chances, axis=0))))
        return ops.einsum("bi,bi...->b...", taken, ops.einsum("bf,efo->beo", inputs, self.experts))


class Several(layers.Layer):  # inputs: 3,4,6 3,5,6
    """Attends from one sequence to another, and returns what it looked at too."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(2, 3)
        self.norm = layers.LayerNormalization()

    def build(self, query_shape, context_shape):
        self.attention.build(query_shape, context_shape)
        self.norm.build(query_shape)

    def call(self, query, context):
        mixed, weights = self.attention(query, context, return_attention_scores=True)
        return {"mixed": self.norm(query + mixed), "best": ops.argmax(weights, axis=-1)}


class Tokens(layers.Layer):  # inputs: 3,6:int32:0..9
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = layers.Embedding(10, 4, mask_zero=True)
        self.read = layers.GRU(3)

    def build(self, input_shape):
        self.table.build(input_shape)
        self.read.build((*input_shape, 4))

    def call(self, tokens):
        return self.read(self.table(tokens), mask=self.table.compute_mask(tokens))


class Dilated(layers.Layer):  # inputs: 2,12,3
    """Causal convolutions of growing reach around a residual connection."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.convolutions = [
            layers.Conv1D(3, 2, padding="causal", dilation_rate=rate) for rate in (1, 2, 4)
        ]
        self.dropout = layers.SpatialDropout1D(0.2, seed=3)

    def build(self, input_shape):
        for convolution in self.convolutions:
            convolution.build(input_shape)

    def call(self, inputs, training=None):
        hidden = inputs
        for convolution in self.convolutions:
            hidden = self.dropout(ops.relu(convolution(hidden)), training=training)
        return inputs + hidden


class Leaky(layers.Layer):  # part
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = units

    def build(self, input_shape):
        self.inward = self.add_weight(name="inward", shape=(input_shape[-1], self.state_size))
        self.around = self.add_weight(name="around", shape=(self.state_size, self.state_size))

    def call(self, inputs, states):
        state = 0.9 * states[0] + 0.1 * ops.tanh(inputs @ self.inward + states[0] @ self.around)
        return state, [state]


class Reservoir(layers.Layer):  # inputs: 3,5,4
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.read = layers.RNN(Leaky(3), return_sequences=True)

    def build(self, input_shape):
        self.read.build(input_shape)

    def call(self, inputs):
        return self.read(inputs)


@tf.custom_gradient
def reversed_gradient(inputs):
    def backward(upstream):
        return -0.3 * upstream  # LD207 note (Reversal)

    return tf.identity(inputs), backward


class Reversal(layers.Layer):
    def call(self, inputs):
        return reversed_gradient(inputs)


class Nearest(layers.Layer):
    """A codebook with a straight-through estimate and the loss that goes with it."""

    def build(self, input_shape):
        self.codes = self.add_weight(name="codes", shape=(8, input_shape[-1]))

    def call(self, inputs):
        distances = ops.sum(ops.square(inputs[:, None] - self.codes), axis=-1)
        chosen = ops.take(self.codes, ops.argmin(distances, axis=-1), axis=0)
        self.add_loss(ops.mean(ops.square(chosen - ops.stop_gradient(inputs))))
        return inputs + ops.stop_gradient(chosen - inputs)


class Spectral(layers.Layer):
    """Divides a kernel by its largest singular value, which it follows by power iteration."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))
        self.vector = self.add_weight(
            name="vector", shape=(1, 3), initializer="random_normal", trainable=False
        )

    def call(self, inputs, training=False):
        side = ops.normalize(self.vector @ ops.transpose(self.kernel))
        vector = ops.normalize(side @ self.kernel)
        if training:
            self.vector.assign(vector)
        size = side @ self.kernel @ ops.transpose(vector)
        return inputs @ (self.kernel / size)


class Sorted(layers.Layer):
    """Returns integers alone, which no loss takes."""

    def call(self, inputs):
        return ops.argsort(inputs, axis=-1)


def filled(rows):
    rows = np.array(rows)
    rows[rows < 0.0] = 0.0
    return rows


class FillsInPython(layers.Layer):
    """Fills gaps, for which the gradient that comes back has no shape."""

    def call(self, inputs):  # LD405: where a layer before it is trained
        y = tf.py_function(filled, [inputs], tf.float32)
        y.set_shape(inputs.shape)
        return y


def refused(weight):
    raise ValueError(f"no slope of {weight.shape}")  # LD405: ValueError: no slope of (RefusesInPython)


class Refusing(keras.constraints.Constraint):  # part
    def __call__(self, weight):
        moved = tf.py_function(refused, [weight], tf.float32)
        moved.set_shape(weight.shape)
        return moved


class RefusesInPython(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], constraint=Refusing())

    def call(self, inputs):
        return inputs * self.gain


class Doubled(layers.Layer):  # inputs: 2,4,4,3
    """Whose gradient alone XLA cannot compile."""

    def call(self, inputs):
        doubled = ops.image.resize(inputs, (8, 8), interpolation="nearest")  # LD406: NeighborGrad
        return ops.tanh(doubled)


class RegularizedInBuild(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(
            name="w",
            shape=(input_shape[-1], 3),
            regularizer=keras.regularizers.L1(1e-3),  # LD405: self.w.regularizer
        )

    def call(self, inputs):
        return ops.matmul(inputs, self.w)


class GivesAnOptionTwice(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(activity_regularizer="l2", **kwargs)  # LD501 warning: multiple values

    def call(self, inputs):
        return inputs * 2.0


class SqueezesTheBatchToo(layers.Layer):  # inputs: 4,6,5
    """Of an unknown batch size nobody knows whether a squeeze takes its axis away."""

    def build(self, input_shape):
        self.weight = self.add_weight(name="weight", shape=(input_shape[-1], 1))

    def call(self, inputs):
        scores = tf.squeeze(tf.tanh(tf.matmul(inputs, self.weight)))  # LD405: from `Squeeze` on
        shares = tf.expand_dims(tf.nn.softmax(scores), -1)
        return tf.reduce_sum(inputs * shares, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
