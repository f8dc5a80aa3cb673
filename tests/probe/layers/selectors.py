"""Layers whose weights only choose: integers, comparisons, indices, shapes."""

# aside: LD206

import keras
import tensorflow as tf


class Weighted(keras.layers.Layer):  # part
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones")
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")


class Argmax(Weighted):
    def call(self, x):
        best = tf.argmax(x * self.w, axis=-1)  # LD202: self.w
        return tf.one_hot(best, 5) * x * self.v


class ArgmaxGather(Weighted):
    def call(self, x):
        best = tf.argmax(x * self.w, axis=-1)  # LD202: self.w
        return tf.gather(x * self.v, best, axis=1, batch_dims=1)


class CastInt(Weighted):
    def call(self, x):
        steps = tf.cast(x * self.w, tf.int32)  # LD202: self.w
        return tf.cast(steps, tf.float32) + x * self.v


class CastBool(Weighted):
    def call(self, x):
        on = tf.cast(self.w, tf.bool)  # LD202: self.w
        return tf.where(on, x, 0.0) * self.v


class Comparison(Weighted):
    def call(self, x):
        on = x > self.w  # LD202: self.w
        return tf.cast(on, tf.float32) * x * self.v


class ComparisonFunction(Weighted):
    def call(self, x):
        on = tf.math.logical_or(tf.less(x, self.w), x > 3.0)  # LD202: self.w
        return tf.cast(on, tf.float32) * x * self.v


class WhereCondition(Weighted):
    def call(self, x):
        score = tf.tanh(self.w)
        return tf.where(score > 0.5, x, -x) * self.v  # LD202: self.w


class WhereIndices(Weighted):
    def call(self, x):
        rows = tf.where(tf.greater(self.w, 0.0))  # LD202: self.w
        return tf.reduce_sum(tf.gather(x * self.v, rows[:, 0], axis=1), 1)


class BooleanMask(Weighted):
    def call(self, x):
        keep = self.w > 0.0  # LD202: self.w
        return tf.boolean_mask(x * self.v, keep, axis=1)


class GatherIndex(Weighted):
    def call(self, x):
        index = tf.cast(tf.sigmoid(self.w) * 4.0, tf.int32)  # LD202: self.w
        return tf.gather(x * self.v, index, axis=1)


class ScatterIndex(Weighted):
    def call(self, x):
        index = tf.cast(tf.abs(self.w), tf.int64)[:, None]  # LD202: self.w
        return x * self.v + tf.scatter_nd(index, tf.ones((5,)), (5,))


class TopKIndices(Weighted):
    def call(self, x):
        indices = tf.math.top_k(x * self.w, k=2).indices  # LD202: self.w
        return tf.gather(x * self.v, indices, batch_dims=1)


class TopKMask(Weighted):
    def call(self, x):
        _, indices = tf.nn.top_k(x * self.w, k=2)  # LD202: self.w
        mask = tf.reduce_sum(tf.one_hot(indices, 5), axis=1)
        return x * mask * self.v


class TopKBoth(Weighted):
    def call(self, x):
        values, indices = tf.nn.top_k(x * self.w, k=2)
        return values * tf.gather(self.v, indices)


class OneHot(Weighted):
    def call(self, x):
        kinds = tf.cast(tf.clip_by_value(x * self.w, 0.0, 4.0), tf.int32)  # LD202: self.w
        return tf.reduce_sum(tf.one_hot(kinds, 5), 1) * self.v


class Histogram(Weighted):
    def call(self, x):
        counts = tf.histogram_fixed_width(x * self.w, [-1.0, 1.0], nbins=5)  # LD202: self.w
        return tf.cast(counts, tf.float32) + x * self.v


class Bincount(Weighted):
    def call(self, x):
        kinds = tf.cast(tf.nn.relu(x * self.w), tf.int32)  # LD202: self.w
        counts = tf.math.bincount(kinds, minlength=5, maxlength=5, axis=-1)
        return tf.cast(counts, tf.float32) + x * self.v


class SearchSorted(Weighted):
    def call(self, x):
        place = tf.searchsorted(self.w, tf.reshape(x, [-1]))  # LD202: self.w
        return tf.reshape(tf.cast(place, tf.float32), tf.shape(x)) + x * self.v


class Bucketize(Weighted):
    def call(self, x):
        kinds = tf.raw_ops.Bucketize(input=x * self.w, boundaries=[-1.0, 0.0])  # LD202: self.w
        return tf.cast(kinds, tf.float32) + x * self.v


class Discretised(Weighted):
    def build(self, input_shape):
        super().build(input_shape)
        self.bins = keras.layers.Discretization(bin_boundaries=[-1.0, 0.0, 1.0])

    def call(self, x):
        kinds = self.bins(x * self.w)  # LD202: self.w
        return tf.cast(kinds, tf.float32) + x * self.v


class ShapeOnly(Weighted):
    def build(self, input_shape):
        super().build(input_shape)
        self.widths = self.add_weight(shape=(5,))  # LD201: read for its shape alone, by `Shape`

    def call(self, x):
        width = tf.cast(tf.shape(self.widths)[0], tf.float32)
        return x * self.v * self.w / width


class ShapeOfWhatItGives(Weighted):
    def call(self, x):
        rows = tf.shape(x * self.w)[0]  # LD210: self.w
        return x * self.v / tf.cast(rows, tf.float32)


class ShapeBeside(Weighted):
    def call(self, x):
        flat = tf.reshape(x, (-1, tf.shape(self.w)[0]))
        return tf.round(self.w) * flat * self.v  # LD202: self.w


class OnesLike(Weighted):
    def call(self, x):
        return x * tf.ones_like(self.w) * self.v  # LD202: self.w


class ZerosOfItsShape(Weighted):
    def call(self, x):
        return x * self.v + keras.ops.zeros_like(self.w)  # LD202: self.w


class Argsort(Weighted):
    def call(self, x):
        order = tf.argsort(self.w)  # LD202: self.w
        return tf.gather(x * self.v, order, axis=1)


class UniqueIndex(Weighted):
    def call(self, x):
        _, index = tf.unique(self.w)  # LD202: self.w
        return x * self.v + tf.cast(index, tf.float32)


class Segment(Weighted):
    def call(self, x):
        kinds = tf.cast(self.w > 0.0, tf.int32)  # LD202: self.w
        return tf.math.unsorted_segment_sum(tf.transpose(x * self.v), kinds, 2)


class InTopK(Weighted):
    def call(self, x):
        hit = tf.math.in_top_k(tf.zeros((4,), tf.int32), x * self.w, k=2)  # LD202: self.w
        return x * self.v * tf.cast(hit, tf.float32)[:, None]


class RandomCategorical(Weighted):
    def call(self, x):
        drawn = tf.random.stateless_categorical(x * self.w, 3, seed=(1, 2))  # LD202: self.w
        return tf.cast(drawn, tf.float32)[:, :1] + x * self.v


class Equality(Weighted):
    def call(self, x):
        same = tf.equal(tf.round(x), self.w)  # LD202: self.w
        return tf.where(same, x, x * self.v)


class Rint(Weighted):
    def call(self, x):
        return tf.math.rint(x * self.w) + x * self.v  # LD202: self.w


class Modulo(Weighted):
    def call(self, x):
        return x * self.v - (x * self.w) // 1.0  # LD202: self.w


class Bits(Weighted):
    def call(self, x):
        bits = tf.bitcast(self.w, tf.int32)  # LD202: self.w
        return x * self.v + tf.cast(bits, tf.float32) * 1e-12


class Quantised(Weighted):
    def call(self, x):
        y, low, high = tf.quantization.quantize(x * self.w, -3.0, 3.0, tf.quint8)  # LD202: self.w
        return tf.quantization.dequantize(y, low, high) + x * self.v


class FakeQuantised(Weighted):
    def call(self, x):
        return tf.quantization.fake_quant_with_min_max_args(x * self.w) + x * self.v


class ClippedIndex(keras.layers.Layer):
    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(8, 3))
        self.offset = self.add_weight(name="offset", shape=(), initializer="ones")

    def call(self, x):
        position = tf.cast(tf.abs(x) + self.offset, tf.int32)  # LD202: self.offset
        return tf.gather(self.table, tf.clip_by_value(position, 0, 7))


class StringDetour(Weighted):
    def call(self, x):
        text = tf.strings.as_string(self.w)  # LD202: self.w
        return x * self.v + tf.strings.to_number(text)


class AlsoAnotherWay(Weighted):
    def call(self, x):
        scores = x * self.w
        best = tf.one_hot(tf.argmax(scores, -1), 5)
        return best * tf.nn.softmax(scores) * self.v
