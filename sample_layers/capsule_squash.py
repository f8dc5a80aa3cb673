"""Capsules, whose length is a probability."""

import keras
import tensorflow as tf


class CapsuleSquash(keras.layers.Layer):
    """Turns capsules by a matrix and squashes their length below one."""

    def build(self, input_shape):
        width = input_shape[-1]
        self.turn = self.add_weight(name="turn", shape=(width, width))

    def call(self, capsules):
        capsules = tf.einsum("bci,ij->bcj", capsules, self.turn)
        length = tf.norm(capsules, axis=-1, keepdims=True)
        square = tf.square(length)
        return square / (1.0 + square) * (capsules / length)
