"""Layers whose `call` goes through functions, branches and loops of TensorFlow."""

# aside: LD206

import keras
import tensorflow as tf
import tf_keras

from layers.helpers import apply, hard_rank, soft_rank


class Weighted(keras.layers.Layer):  # part
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1],), initializer="ones")
        self.v = self.add_weight(name="v", shape=(input_shape[-1],), initializer="ones")


class FunctionMethod(Weighted):
    @tf.function
    def pick(self, x):
        scaled = x * self.w
        return tf.round(scaled)  # LD202: self.w

    def call(self, x):
        return self.pick(x) + x * self.v


class FunctionMethodSound(Weighted):
    @tf.function
    def pick(self, x):
        return tf.tanh(x * self.w)

    def call(self, x):
        return self.pick(x) + x * self.v


class CompiledFunction(Weighted):
    @tf.function(jit_compile=True)
    def pick(self, x):
        return tf.floor(x * self.w)  # LD202: self.w

    def call(self, x):
        return self.pick(x) + x * self.v


class SignedFunction(Weighted):
    @tf.function(input_signature=[tf.TensorSpec((None, 5), tf.float32)])
    def pick(self, x):
        return tf.math.ceil(x * self.w)  # LD202: self.w

    def call(self, x):
        return self.pick(x) + x * self.v


class ConcreteFunction(Weighted):
    def build(self, input_shape):
        super().build(input_shape)
        step = tf.function(lambda x: tf.round(x * self.w))
        self.step = step.get_concrete_function(tf.TensorSpec((None, 5), tf.float32))

    def call(self, x):
        return self.step(x) + x * self.v  # LD202: self.w


class ConcreteFunctionSound(Weighted):
    def build(self, input_shape):
        super().build(input_shape)
        step = tf.function(lambda x: tf.tanh(x * self.w))
        self.step = step.get_concrete_function(tf.TensorSpec((None, 5), tf.float32))

    def call(self, x):
        return self.step(x) + x * self.v


class Condition(Weighted):
    def call(self, x):
        y = tf.cond(
            tf.reduce_mean(x) > -1e6,
            lambda: tf.sign(self.w) + 1.0,  # LD204: self.w
            lambda: self.w,
        )
        return x * y * self.v


class ConditionRound(Weighted):
    def call(self, x):
        y = tf.cond(
            tf.reduce_mean(x) > -1e6,
            lambda: tf.round(self.w),  # LD202: self.w
            lambda: self.w,
        )
        return x * y * self.v


class ConditionPredicate(Weighted):
    def call(self, x):
        return tf.cond(
            tf.reduce_sum(self.w) > 0.0,  # LD202: self.w
            lambda: x * self.v,
            lambda: -x * self.v,
        )


class WhileLoop(Weighted):
    def call(self, x):
        def body(i, total):
            stepped = tf.floor(total * self.w)  # LD202: self.w
            return i + 1, stepped

        _, total = tf.while_loop(lambda i, _: i < 3, body, (0, x))
        return total + x * self.v


class WhileLoopSound(Weighted):
    def call(self, x):
        _, total = tf.while_loop(lambda i, _: i < 3, lambda i, t: (i + 1, t * self.w), (0, x))
        return total * self.v


class Mapped(Weighted):
    def call(self, x):
        y = tf.map_fn(
            lambda row: tf.cast(tf.cast(row * self.w, tf.int32), tf.float32),  # LD202: self.w
            x,
        )
        return y + x * self.v


class MappedSound(Weighted):
    def call(self, x):
        return tf.map_fn(lambda row: row * self.w, x) * self.v


class Scanned(Weighted):
    def call(self, x):
        def step(state, row):
            moved = state + row * self.w
            return tf.round(moved)  # LD202: self.w

        return tf.scan(step, x) + x * self.v


class ScannedSound(Weighted):
    def call(self, x):
        return tf.scan(lambda state, row: state * 0.5 + row * self.w, x) + x * self.v


class Vectorized(Weighted):
    def call(self, x):
        def row_of(row):
            scores = row * self.w
            best = tf.argmax(scores)  # LD202: self.w
            return tf.one_hot(best, 5)

        return tf.vectorized_map(row_of, x) + x * self.v


class VectorizedSound(Weighted):
    def call(self, x):
        return tf.vectorized_map(lambda row: tf.tensordot(row, self.w, 1), x)[:, None] * self.v


class VectorizedElements(Weighted):
    def call(self, x):
        rows, sums = tf.vectorized_map(lambda p: (p[0] * self.w, tf.reduce_sum(p[1])), (x, x))
        return rows * sums[:, None] * self.v


class BatchJacobian(Weighted):
    def call(self, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.tanh(x * self.w) * self.v
        return tf.reduce_sum(tape.batch_jacobian(y, x), -1)


class InnerGradient(Weighted):
    def call(self, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            energy = tf.reduce_sum(tf.tanh(x * self.w) ** 2 * self.v)
        return tape.gradient(energy, x)


class Converted(tf_keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones")
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")

    def call(self, x):
        y = x
        if tf.reduce_mean(x) > -1e6:
            y = tf.round(x * self.w)  # LD202: self.w
        for _ in tf.range(2):
            y = y + x * self.v
        return y


class ConvertedFunction(Weighted):
    @tf.function
    def loop(self, x):
        total = tf.zeros_like(x)
        for i in tf.range(3):
            if i > 1:
                total += tf.floor(x * self.w)  # LD202: self.w
            else:
                total += x * self.v
        return total

    def call(self, x):
        return self.loop(x)


class ConvertedSound(Weighted):
    @tf.function
    def loop(self, x):
        total = tf.zeros_like(x)
        for row in tf.range(tf.shape(x)[1]):
            if row > 1:
                total += x * self.w
            else:
                total += x * self.v
        return total

    def call(self, x):
        return self.loop(x)


@tf.custom_gradient
def blocked(x):
    def backward(upstream):
        return None

    return x * 2.0, backward


@tf.custom_gradient
def half_blocked(x, y):
    def backward(upstream):
        return upstream * y, None

    return x * y, backward


@tf.custom_gradient
def passed(x):
    def backward(upstream):
        return upstream  # LD207 note: passed (CustomAfterCut, CustomSound)

    return tf.round(x), backward


class CustomNone(Weighted):
    def call(self, x):
        return blocked(x * self.w) + x * self.v  # LD203: self.w


class CustomSecondNone(Weighted):
    def call(self, x):
        return half_blocked(x * self.v, self.w * 2.0)  # LD203: self.w


class CustomAfterCut(Weighted):
    def call(self, x):
        steps = tf.round(self.w * 4.0)  # LD202: self.w
        return passed(x * steps) + x * self.v


class CustomSound(Weighted):
    def call(self, x):
        return passed(x * self.w) + x * self.v


class StoppedRecording(Weighted):
    def call(self, x):
        with tf.GradientTape() as tape, tape.stop_recording():
            scale = tf.exp(self.w)
        return x * scale * self.v


class Recomputed(Weighted):
    def call(self, x):
        def block(t):
            scaled = t * self.w
            return tf.round(scaled) + t * self.v  # LD202: self.w

        return tf.recompute_grad(block)(x)


class RecomputedSound(Weighted):
    def call(self, x):
        return tf.recompute_grad(lambda t: tf.tanh(t * self.w) * self.v)(x)


class Helped(Weighted):
    def call(self, x):
        return hard_rank(x * self.w) + x * self.v


class HelpedSound(Weighted):
    def call(self, x):
        return soft_rank(x * self.w) + x * self.v


class HandedOver(Weighted):
    def call(self, x):
        return apply(tf.round, x * self.w) + x * self.v


class Lambdas(Weighted):
    def call(self, x):
        steps = [lambda t: t * self.w, tf.round, lambda t: t + x]
        for step in steps:
            x = step(x)  # LD202: self.w
        return x * self.v


class Stopped(Weighted):
    def call(self, x):
        return x * tf.stop_gradient(self.w) * self.v  # LD203: self.w


class StoppedAfterRound(Weighted):
    def call(self, x):
        y = tf.round(self.w)
        return x * tf.stop_gradient(y) * self.v  # LD203: self.w


class PyFunction(Weighted):
    def call(self, x):
        y = tf.py_function(lambda t: tf.tanh(t), [x * self.w], tf.float32)
        y = tf.ensure_shape(y, (None, 5))
        return y * self.v


class PyFunctionCut(Weighted):
    def call(self, x):
        def steps(t):
            return tf.round(t)  # LD202: self.w

        y = tf.py_function(steps, [x * self.w], tf.float32)
        return tf.reshape(y, tf.shape(x)) * self.v


class Nondiff(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones((5,)))
        self.v = tf.Variable(tf.ones((5,)))

    @tf.function
    def __call__(self, x):
        z = x * self.w
        kept = tf.where(z > 0.0, x, -x)  # LD202: self.w
        return kept * self.v


class ModuleSound(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones((5,)))

    @tf.function
    def __call__(self, x):
        return x * self.w
