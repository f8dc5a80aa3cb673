"""Layers that train in one mode only, with losses, several outputs, or unusual types."""

# aside: LD206

import keras
import tensorflow as tf
import tf_keras


class Weighted(keras.layers.Layer):  # part
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones")  # LD201: self.w (OnlyInference)
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")


class OnlyInference(Weighted):
    def call(self, x, training=False):
        if training:
            return x * self.v
        return x * self.v * self.w


class CutInTraining(Weighted):
    def call(self, x, training=False):
        scale = tf.round(self.w) if training else self.w  # LD202: self.w
        return x * scale * self.v


class StoppedInTraining(Weighted):
    def call(self, x, training=False):
        scale = tf.stop_gradient(self.w) if training else self.w  # LD203: self.w
        return x * scale * self.v


class OnlyTraining(Weighted):
    def call(self, x, training=False):
        if training:
            return x * self.v + self.w
        return x * self.v


class HardInInference(Weighted):
    def call(self, x, training=False):
        gate = tf.sigmoid(x * self.w) if training else tf.round(tf.sigmoid(x * self.w))
        return gate * self.v


class OnlyInLoss(Weighted):
    def call(self, x):
        self.add_loss(tf.reduce_mean((tf.stop_gradient(x) - self.w) ** 2))
        return x * self.v


class RegularisedOnly(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones", regularizer="l2")
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")

    def call(self, x):
        return x * self.v


class OldInLoss(tf_keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight("w", shape=(5,), initializer="ones")

    def call(self, x):
        self.add_loss(lambda: tf.reduce_sum(self.w**2))
        return x


class TwoOutputs(Weighted):
    def call(self, x):
        return x * self.w, tf.round(x * self.w) * self.v


class ComplexOutput(Weighted):
    def call(self, x):
        return tf.complex(x * self.w, x * self.v)


class ImaginaryOutput(Weighted):
    def call(self, x):
        return tf.complex(x, x * self.w * self.v)


class Spectrum(Weighted):
    def call(self, x):
        return tf.signal.rfft(x * self.w * self.v)


class HalfOutput(Weighted):
    def call(self, x):
        return tf.cast(x * self.w * self.v, tf.float16)


class BfloatOutput(Weighted):
    def call(self, x):
        return tf.cast(x * self.w * self.v, tf.bfloat16)


class DoubleOutput(Weighted):
    def call(self, x):
        return tf.cast(x * self.w, tf.float64) * tf.cast(self.v, tf.float64)


class RaggedOutput(Weighted):
    def call(self, x):
        return tf.RaggedTensor.from_row_lengths(tf.reshape(x * self.w * self.v, [-1]), [3, 7, 10])


class SparseOutput(Weighted):
    def call(self, x):
        return tf.sparse.from_dense(x * self.w * self.v)


class DictOutput(Weighted):
    def call(self, x):
        return {"scaled": x * self.w, "kinds": tf.argmax(x, -1), "rest": (x * self.v, None)}


class RaggedCut(Weighted):
    def call(self, x):
        values = tf.reshape(tf.round(x * self.w), [-1])  # LD202: self.w
        return tf.RaggedTensor.from_row_lengths(values, [3, 7, 10]), x * self.v


class IntegerOnly(keras.layers.Layer):
    def call(self, x):
        return tf.argmax(x, -1)


class NanBackwards(Weighted):
    def call(self, x):
        y = x * self.w
        length = tf.norm(y - tf.stop_gradient(y))  # LD205: self.w
        return x * self.v + length


class ZeroNorm(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones")

    def call(self, x):
        y = x * self.w
        return y / tf.norm(y, axis=-1, keepdims=True)  # LD205: output


class LogOfZero(Weighted):
    def call(self, x):
        share = tf.nn.relu(x * self.w)
        entropy = share * tf.math.log(share)
        return entropy * self.v


class SafeWhere(Weighted):
    def call(self, x):
        y = tf.square(x * self.w)
        root = tf.where(y > 0.0, tf.sqrt(y), 0.0)
        return root * self.v


class DoubleWhere(Weighted):
    def call(self, x):
        y = tf.square(x * self.w)
        safe = tf.where(y > 0.0, y, 1.0)
        return tf.where(y > 0.0, tf.sqrt(safe), 0.0) * self.v


class MaskedSoftmax(keras.layers.Layer):  # inputs: 2,4,5
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 5))

    def call(self, x):
        scores = tf.matmul(tf.matmul(x, self.w), x, transpose_b=True)
        causal = tf.linalg.band_part(tf.ones((4, 4)), -1, 0)
        scores = tf.where(causal > 0.0, scores, -float("inf"))
        return tf.matmul(tf.nn.softmax(scores), x)


class InfinityInMask(keras.layers.Layer):  # inputs: 2,4,5
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 5))

    def call(self, x):
        scores = tf.matmul(tf.matmul(x, self.w), x, transpose_b=True)
        mask = tf.linalg.band_part(tf.ones((4, 4)), -1, 0)
        scores = scores + (1.0 - mask) * -float("inf")  # LD205: output
        return tf.matmul(tf.nn.softmax(scores), x)


class NoRegisteredGradient(Weighted):
    def call(self, x):
        a, b = tf.exp(self.w) + 0.0 * x, tf.ones_like(x)
        y = tf.raw_ops.Betainc(a=a, b=b, x=tf.sigmoid(x))  # LD202: self.w
        return y * self.v


class NoRegisteredGradientCut(Weighted):
    def call(self, x):
        boxes = tf.reshape(tf.sigmoid(self.w)[:4], (1, 4))
        image = tf.reshape(x[:, :4], (1, 4, 4, 1))
        drawn = tf.image.draw_bounding_boxes(  # LD202: self.w
            image, boxes[None], tf.ones((1, 1))
        )
        return tf.reduce_sum(drawn) + x * self.v


class NoGradientForInput(keras.layers.Layer):  # inputs: 2,4,4,3
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(3,), initializer="ones")

    def call(self, x):
        return tf.image.adjust_contrast(x, 2.0) * self.w


class Eigen(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5, 5))

    def call(self, x):
        values = tf.linalg.eigvalsh(tf.matmul(self.w, self.w, transpose_b=True))
        return x * values


class RaisesBothWays(Weighted):
    def call(self, x):
        return doubled(x * self.w) + x * self.v


class RaisesEagerlyOnly(Weighted):
    def call(self, x):
        return eager_shy(x * self.w) + x * self.v


class MissingOnOneWay(Weighted):
    def call(self, x):
        scale = tf.sigmoid(self.w)
        boxes = tf.reshape(scale[:4], (1, 1, 4))
        image = tf.reshape(x[:, :4], (1, 4, 4, 1))
        drawn = tf.image.draw_bounding_boxes(image, boxes, tf.ones((1, 1)))  # LD003
        return tf.reduce_sum(drawn) + x * self.v * scale


@tf.custom_gradient
def doubled(x):
    def backward(upstream):
        raise ValueError("no way back")  # LD003 (RaisesBothWays)

    return 2.0 * x, backward


@tf.custom_gradient
def eager_shy(x):
    def backward(upstream):
        if tf.executing_eagerly():
            raise TypeError("works in graphs alone")
        return 3.0 * upstream

    return 3.0 * x, backward


class DividedByZero(Weighted):
    def call(self, x):
        nothing = tf.stop_gradient(tf.reduce_sum(x - x))
        return x * self.w * self.v + 1.0 / nothing  # LD205: output
