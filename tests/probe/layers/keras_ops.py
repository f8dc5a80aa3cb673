"""Layers written in `keras.ops`, cells, wrappers and nested models."""

# aside: LD206

import keras
import tensorflow as tf
import tf_keras
from keras import ops


class Weighted(keras.layers.Layer):  # part
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1],), initializer="ones")
        self.v = self.add_weight(name="v", shape=(input_shape[-1],), initializer="ones")


class OpsArgmax(Weighted):
    def call(self, x):
        best = ops.argmax(x * self.w, axis=-1)  # LD202: self.w
        return ops.one_hot(best, 5) + x * self.v


class OpsRound(Weighted):
    def call(self, x):
        return ops.round(x * self.w) + x * self.v  # LD202: self.w


class OpsFloorDivide(Weighted):
    def call(self, x):
        return ops.floor_divide(x * self.w, 2.0) + x * self.v  # LD202: self.w


class OpsCond(Weighted):
    def call(self, x):
        return (
            ops.cond(
                ops.sum(x) > -1e6,
                lambda: ops.floor(x * self.w),  # LD202: self.w
                lambda: x,
            )
            + x * self.v
        )


class OpsCondSound(Weighted):
    def call(self, x):
        return ops.cond(ops.sum(x) > -1e6, lambda: x * self.w, lambda: x) + x * self.v


class OpsWhile(Weighted):
    def call(self, x):
        def body(i, total):
            return i + 1, ops.ceil(total * self.w)  # LD202: self.w

        return ops.while_loop(lambda i, _: i < 2, body, (0, x))[1] + x * self.v


class OpsScan(Weighted):
    def call(self, x):
        def step(carry, row):
            carry = ops.round(carry + row * self.w)  # LD202: self.w
            return carry, carry

        _, rows = ops.scan(step, ops.zeros((5,)), x)
        return rows + x * self.v


class OpsScanSound(Weighted):
    def call(self, x):
        def step(carry, row):
            carry = carry + row * self.w
            return carry, carry

        return ops.scan(step, ops.zeros((5,)), x)[1] + x * self.v


class OpsVectorized(Weighted):
    def call(self, x):
        def one(row):
            return ops.cast(ops.argsort(row * self.w), "float32")  # LD202: self.w

        return ops.vectorized_map(one, x) + x * self.v


class OpsMap(Weighted):
    def call(self, x):
        return ops.map(lambda row: ops.sign(row * self.w), x) + x * self.v  # LD204: self.w


class OpsForiLoop(Weighted):
    def call(self, x):
        def body(i, total):
            return ops.round(total * self.w)  # LD202: self.w

        return ops.fori_loop(0, 2, body, x) + self.v


class OpsStop(Weighted):
    def call(self, x):
        return ops.stop_gradient(x * self.w) + x * self.v  # LD203: self.w


class OpsTopK(Weighted):
    def call(self, x):
        _, indices = ops.top_k(x * self.w, k=2)  # LD202: self.w
        return ops.take_along_axis(x * self.v, indices, axis=-1)


class OpsTopKSound(Weighted):
    def call(self, x):
        values, _ = ops.top_k(x * self.w, k=2)
        return values * self.v[:2]


class OpsBincount(Weighted):
    def call(self, x):
        kinds = ops.cast(ops.abs(x * self.w), "int32")  # LD202: self.w
        counts = ops.bincount(kinds, minlength=4)
        return ops.cast(counts, "float32") + ops.sum(x * self.v)


class OpsSearchSorted(Weighted):
    def call(self, x):
        place = ops.searchsorted(self.w, ops.reshape(x, (-1,)))  # LD202: self.w
        return ops.reshape(ops.cast(place, "float32"), ops.shape(x)) + x * self.v


class OpsDigitize(Weighted):
    def call(self, x):
        kinds = ops.digitize(x * self.w, [0.0, 1.0])  # LD202: self.w
        return ops.one_hot(kinds, 3)[..., 0] + x * self.v


class OpsWhere(Weighted):
    def call(self, x):
        return ops.where(x > self.w, x, 0.0) * self.v  # LD202: self.w


class OpsLogical(Weighted):
    def call(self, x):
        on = ops.logical_and(x > self.w, x < 2.0)  # LD202: self.w
        return x * ops.cast(on, x.dtype) * self.v


class StepCell(keras.layers.Layer):  # part
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = 5

    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], 5))
        self.u = self.add_weight(name="u", shape=(5, 5))

    def call(self, x, states):
        fresh = ops.round(ops.matmul(x, self.w))  # LD202: self.rnn.cell.w (CellInside)
        out = ops.tanh(fresh + ops.matmul(states[0] + 1.0, self.u))
        return out, [out]


class CellInside(keras.layers.Layer):  # inputs: 2,4,5
    def __init__(self):
        super().__init__()
        self.rnn = keras.layers.RNN(StepCell(), return_sequences=True)

    def build(self, input_shape):
        self.rnn.build(input_shape)

    def call(self, x):
        return self.rnn(x)


class CellUnrolled(keras.layers.Layer):  # inputs: 2,4,5
    def __init__(self):
        super().__init__()
        self.rnn = keras.layers.Bidirectional(keras.layers.RNN(SoundCell(), return_sequences=True))

    def build(self, input_shape):
        self.rnn.build(input_shape)

    def call(self, x):
        return self.rnn(x)


@keras.saving.register_keras_serializable("probe-tests")
class SoundCell(keras.layers.Layer):  # part
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = 5

    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], 5))
        self.u = self.add_weight(name="u", shape=(5, 5), initializer="orthogonal")

    def call(self, x, states):
        out = ops.tanh(ops.matmul(x, self.w) + ops.matmul(states[0], self.u))
        return out, [out]


class OldStepCell(tf_keras.layers.Layer):  # part
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = 5

    def build(self, input_shape):
        self.w = self.add_weight("w", shape=(input_shape[-1], 5))
        self.u = self.add_weight("u", shape=(5, 5))

    def call(self, x, states):
        fresh = tf.floor(tf.matmul(x, self.w))  # LD202: self.rnn.cell.w (OldCellInside)
        out = tf.tanh(fresh + tf.matmul(states[0] + 1.0, self.u))
        return out, [out]


class OldCellInside(tf_keras.layers.Layer):  # inputs: 2,4,5
    def __init__(self):
        super().__init__()
        self.rnn = tf_keras.layers.RNN(OldStepCell())

    def call(self, x):
        return self.rnn(x)


class RoundedDense(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], 3))
        self.v = self.add_weight(name="v", shape=(3,), initializer="ones")

    def call(self, x):
        return ops.round(ops.matmul(x, self.w)) * self.v  # LD202: self.w / LD202: self.steps.layer.w (Distributed) / LD202: self.model.layers[1].kernel (Nested)


class Distributed(keras.layers.Layer):  # inputs: 2,4,5
    def __init__(self):
        super().__init__()
        self.steps = keras.layers.TimeDistributed(RoundedDense())

    def build(self, input_shape):
        self.steps.build(input_shape)

    def call(self, x):
        return self.steps(x)


class OldRoundedDense(tf_keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight("w", shape=(input_shape[-1], 3))
        self.v = self.add_weight("v", shape=(3,), initializer="ones")

    def call(self, x):
        return tf.round(tf.matmul(x, self.w)) * self.v  # LD202: self.w / LD202: self.steps.layer.w (OldDistributed) / LD202: self.first.layers[0].kernel (NestedInOld)


class OldDistributed(tf_keras.layers.Layer):  # inputs: 2,4,5
    def __init__(self):
        super().__init__()
        self.steps = tf_keras.layers.TimeDistributed(OldRoundedDense())

    def call(self, x):
        return self.steps(x)


class OldBidirectional(tf_keras.layers.Layer):  # inputs: 2,4,5
    def __init__(self):
        super().__init__()
        self.steps = tf_keras.layers.Bidirectional(tf_keras.layers.LSTM(3, return_sequences=True))

    def call(self, x):
        return self.steps(x)


def functional():
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(4, activation="relu")(inputs)
    return keras.Model(inputs, RoundedDense()(hidden))


class Nested(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.model = functional()
        self.head = keras.layers.Dense(2)

    def build(self, input_shape):
        self.head.build((None, 3))

    def call(self, x):
        return self.head(self.model(x))


class NestedInOld(tf_keras.Model):
    def __init__(self):
        super().__init__()
        self.first = tf_keras.Sequential([tf_keras.layers.Dense(5), tf_keras.layers.Dropout(0.1)])
        self.old = OldRoundedDense()

    def call(self, x):
        return self.old(self.first(x))


class Rematerialised(Weighted):
    def call(self, x):
        return keras.remat(lambda t: ops.floor(t * self.w) + t * self.v)(x)  # LD202: self.w


class DenseArgmax(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4)

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, x):
        chosen = ops.argmax(self.dense(x), axis=-1)  # LD202: self.dense.kernel
        return ops.one_hot(chosen, 4)


class Recurrent(keras.layers.Layer):  # inputs: 2,4,5
    def __init__(self):
        super().__init__()
        self.lstm = keras.layers.LSTM(3)
        self.gru = keras.layers.GRU(3)

    def build(self, input_shape):
        self.lstm.build(input_shape)
        self.gru.build(input_shape)

    def call(self, x):
        return self.lstm(x) + self.gru(x)
