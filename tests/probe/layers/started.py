"""Layers that hold what a weight would have to start with."""

import keras
import tensorflow as tf


class Held(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scale = tf.ones((5,))
        self.slope = tf.range(5.0)
        self.count = tf.Variable(2.5, trainable=False)

    def call(self, x):
        self.count.assign_add(1.0)
        return x * self.scale * self.slope + self.count
