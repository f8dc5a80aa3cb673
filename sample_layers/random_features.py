"""A kernel machine in disguise."""

import math

import keras
import tensorflow as tf


class RandomFeatures(keras.layers.Layer):
    """Cosines of random projections, which approximate a Gaussian kernel."""

    def __init__(self, width, features=8, **kwargs):
        super().__init__(**kwargs)
        self.directions = tf.random.normal((width, features))
        self.norm = math.sqrt(2 / features)
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, inputs):
        angles = tf.matmul(inputs, tf.cast(self.directions, inputs.dtype))
        return self.scale * tf.cos(angles) * self.norm
