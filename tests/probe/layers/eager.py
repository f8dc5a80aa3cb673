"""Layers whose values leave TensorFlow on the way."""

# aside: LD206

import keras
import numpy as np
import tensorflow as tf
import tf_keras
from numpy import asarray


class Weighted(keras.layers.Layer):  # part
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(5,), initializer="ones")
        self.v = self.add_weight(name="v", shape=(5,), initializer="ones")


class NumpyMethod(Weighted):
    def call(self, x):
        scaled = x * self.w
        values = scaled.numpy()  # LD202: self.w
        return tf.constant(np.tanh(values)) * self.v


class NumpyOfWeight(Weighted):
    def call(self, x):
        values = self.w.numpy()  # LD202: self.w
        return x * values * self.v


class NumpyUfunc(Weighted):
    def call(self, x):
        scaled = x * self.w
        size = np.abs(scaled)  # LD202: self.w
        return tf.convert_to_tensor(size) * self.v


class NumpyUfuncInPlace(Weighted):
    def call(self, x):
        scaled = x * self.w
        size = np.add(scaled, 1.0)  # LD202: self.w
        size *= 2
        return x * self.v + size


class NumpyAsarray(Weighted):
    def call(self, x):
        scaled = x * self.w
        array = np.asarray(scaled)  # LD202: self.w
        array = array - array.mean()
        return array * self.v  # LD202: self.v


class NumpyAsarrayByName(Weighted):
    def call(self, x):
        scaled = x * self.w
        array = asarray(scaled)  # LD202: self.w
        return tf.constant(array) * self.v


class NumpySort(Weighted):
    def call(self, x):
        scaled = x * self.w
        return tf.constant(np.sort(scaled)) * self.v  # LD202: self.w


class NumpyDot(Weighted):
    def call(self, x):
        product = np.dot(x * self.w, np.ones((5, 5), "float32"))  # LD202: self.w
        return product * self.v  # LD202: self.v


class NumpyNorm(Weighted):
    def call(self, x):
        scale = np.linalg.norm(self.w)  # LD202: self.w
        return x / scale * self.v


class NumpyOfKerasWeight(Weighted):
    def call(self, x):
        scale = np.mean(self.w)  # LD202: self.w
        return x * scale * self.v


class NumpyStack(Weighted):
    def call(self, x):
        rows = np.stack([x * self.w, x])  # LD202: self.w
        return tf.reduce_sum(rows, 0) * self.v


class NumpyWritten(Weighted):
    def call(self, x):
        room = np.zeros((x.shape[0], 5), "float32")
        room[:] = x * self.w  # LD202: self.w
        return x * self.v + room


class NumpyLater(Weighted):
    def call(self, x):
        scaled = x * self.w
        return self.finish(scaled)

    def finish(self, scaled):
        array = np.clip(scaled, -1.0, 1.0)  # LD202: self.w
        return array * self.v  # LD202: self.v


class NumpyMemory(Weighted):
    def call(self, x):
        scaled = x * self.w
        array = np.frombuffer(memoryview(scaled), "float32").reshape(4, 5)  # LD202: self.w
        return tf.constant(array) * self.v


class KerasToNumpy(Weighted):
    def call(self, x):
        array = keras.ops.convert_to_numpy(x * self.w)  # LD202: self.w
        return array * self.v  # LD202: self.v


class PythonFloat(Weighted):
    def call(self, x):
        scale = float(tf.reduce_sum(self.w))  # LD202: self.w
        return x * scale * self.v


class PythonInt(Weighted):
    def call(self, x):
        count = int(tf.reduce_sum(self.w * 3.0))  # LD202: self.w
        return x * count * self.v


class PythonIf(Weighted):
    def call(self, x):
        if tf.reduce_sum(x * self.w) > 0:  # LD202: self.w
            return x * self.v
        return -x * self.v


class PythonItem(Weighted):
    def call(self, x):
        scale = tf.reduce_max(self.w).numpy().item()  # LD202: self.w
        return x * scale * self.v


class PythonList(Weighted):
    def call(self, x):
        scales = [float(item) for item in self.w.numpy()]  # LD202: self.w
        return x * tf.constant(scales) * self.v


class PythonMax(Weighted):
    def call(self, x):
        biggest = max(tf.unstack(self.w))
        return x * biggest * self.v


class NumpyFunction(Weighted):
    def call(self, x):
        y = tf.numpy_function(lambda t: np.tanh(t), [x * self.w], tf.float32)  # LD202: self.w
        return tf.ensure_shape(y, (None, 5)) * self.v


class NumpyFunctionNamed(Weighted):
    def call(self, x):
        def filtered(t):
            return np.cumsum(t, axis=-1)

        y = tf.numpy_function(filtered, [x * self.w], tf.float32)  # LD202: self.w
        return tf.reshape(y, tf.shape(x)) * self.v


class PyFunctionNumpy(Weighted):
    def call(self, x):
        y = tf.py_function(lambda t: t.numpy() * 2.0, [x * self.w], tf.float32)  # LD202: self.w
        return tf.reshape(y, tf.shape(x)) * self.v


class OldDynamic(tf_keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(dynamic=True, **kwargs)

    def build(self, input_shape):
        self.w = self.add_weight("w", shape=(5,), initializer="ones")
        self.v = self.add_weight("v", shape=(5,), initializer="ones")

    def call(self, x):
        array = np.exp(x * self.w)  # LD202: self.w
        return array * self.v

    def compute_output_shape(self, input_shape):
        return input_shape


class ModuleNumpy(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones((5,)))
        self.v = tf.Variable(tf.ones((5,)))

    def __call__(self, x):
        array = np.maximum(x * self.w, 0.0)  # LD202: self.w
        return array * self.v


class ModuleUpdates(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones((5,)))

    def __call__(self, x):
        mean = np.ones((5,), "float32") * tf.reduce_mean(x, 0)
        return np.float32(2.0) * x * self.w + np.ones((5,), "float32") / (mean**2 + 1.0)


class OnlyPrinted(Weighted):
    def call(self, x):
        scale = tf.norm(self.w)
        tf.print("scale", scale, output_stream="file:///dev/null")  # LD210: self.w
        return x * self.v


class NumpyOfInput(Weighted):
    def call(self, x):
        order = np.argsort(np.asarray(x)[0])
        return tf.gather(x * self.w, order, axis=1) * self.v


class NumpyInLoss(Weighted):
    def call(self, x):
        scaled = x * self.w
        self.last_mean = float(tf.reduce_mean(scaled))
        return scaled * self.v
