"""Layers that return what no layer should."""

import numpy as np
import tensorflow as tf
from raising import Plain


class NanShape(Plain):
    def compute_output_shape(self, input_shape):
        return (float("nan"), object())


class NanOutput(Plain):
    def call(self, inputs):
        return inputs * self.w * float("nan")


class Sparse(Plain):
    def call(self, inputs):
        return tf.sparse.from_dense(inputs * self.w)


class Ragged(Plain):
    def call(self, inputs):
        return tf.RaggedTensor.from_tensor(inputs * self.w, padding=0.0)


class Strings(Plain):
    def call(self, inputs):
        return tf.strings.as_string(inputs * self.w)


class Nested(Plain):
    def call(self, inputs):
        return {"a": [inputs * self.w, (inputs, {"b": inputs})], "c": None}


class Nothing(Plain):
    def call(self, inputs):
        return None


class NoReturn(Plain):
    def call(self, inputs):
        inputs * self.w


class Generator(Plain):
    def call(self, inputs):
        yield inputs * self.w
        yield inputs


class Text(Plain):
    def call(self, inputs):
        return "not a tensor"


class Number(Plain):
    def call(self, inputs):
        return 3.5


class Itself(Plain):
    def call(self, inputs):
        return self


class Anything(Plain):
    def call(self, inputs):
        return object()


class AnArray(Plain):
    def call(self, inputs):
        return np.asarray([["a", None], [1, object()]], dtype=object)


class Endless(Plain):
    def call(self, inputs):
        cycle = [inputs]
        cycle.append(cycle)
        return cycle


class AnotherShapeEachTime(Plain):
    count = 0

    def call(self, inputs):
        type(self).count += 1
        return tf.zeros([type(self).count] * (type(self).count % 5 + 1)) + tf.reduce_sum(self.w)


class Distribution(Plain):
    def call(self, inputs):
        return tf.data.Dataset.from_tensor_slices(inputs)


class Empty(Plain):
    def call(self, inputs):
        return (inputs * self.w)[:0]
