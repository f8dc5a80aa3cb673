"""Layers that keep what a trace of their own made, and layers that hand ``training`` on unseen."""

# aside: LD104 LD505 LD508

import keras
import tensorflow as tf
import tf_keras


class KeepsOfOwnTrace(keras.layers.Layer):
    """Its call is a ``tf.function``: what it keeps is symbolic after the first eager call."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 3), name="w")

    @tf.function
    def call(self, inputs):
        self.last = tf.matmul(inputs, self.w)  # LD402 note: self.last
        return self.last


class KeepsOfOwnTraceInKeras2(tf_keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 3), name="w")

    @tf.function
    def call(self, inputs):
        self.last = tf.matmul(inputs, self.w)  # LD402 note: self.last
        return self.last


class Decays(keras.layers.Layer):  # part
    def build(self, shape):
        self.scale = self.add_weight(shape=shape[-1:], initializer="ones", name="scale")

    def call(self, inputs, training=False):
        if training:
            self.scale.assign(0.99 * self.scale)  # LD209: self.decays.scale (HandsTrainingOn)
        return inputs * self.scale


class HandsTrainingOn(keras.layers.Layer):
    """Has no ``training`` itself: Keras hands it on to what it calls."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.decays = Decays()

    def build(self, shape):
        self.decays.build(shape)

    def call(self, inputs):
        return self.decays(inputs)


class DecaysInKeras2(tf_keras.layers.Layer):  # part
    def build(self, shape):
        self.scale = self.add_weight(shape=shape[-1:], initializer="ones", name="scale")

    def call(self, inputs, training=False):
        if training:
            self.scale.assign(0.99 * self.scale)  # LD209: self.decays.scale (HandsTrainingOnInKeras2)
        return inputs * self.scale


class HandsTrainingOnInKeras2(tf_keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.decays = DecaysInKeras2()  # LD107 note

    def build(self, shape):
        self.decays.build(shape)

    def call(self, inputs):
        return self.decays(inputs)


class DropsItems(tf_keras.layers.Layer):
    """A dropout for whole rows, made when the rank is known."""

    def build(self, shape):
        noise_shape = tf.TensorShape([None] + (shape.rank - 1) * [1])
        self.dropout = tf_keras.layers.Dropout(0.5, noise_shape=noise_shape)

    def call(self, inputs):
        return self.dropout(inputs)


class PicksNearest(keras.layers.Layer):
    """One ``argmin`` cuts the codebook and the input: that is one defect."""

    def build(self, shape):
        self.codes = self.add_weight(shape=(7, shape[-1]), name="codes")

    def call(self, inputs):
        apart = tf.reduce_sum((inputs[:, None] - self.codes[None]) ** 2, axis=-1)
        nearest = tf.argmin(apart, axis=-1)  # LD202: self.codes
        return tf.one_hot(nearest, 7)
