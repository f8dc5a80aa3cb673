"""Batch normalisation by hand."""

import keras
import tensorflow as tf


class BatchWhitening(keras.layers.Layer):
    """Normalises with the batch while training and with running statistics afterwards."""

    def __init__(self, momentum=0.9, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        width = input_shape[-1]
        self.gamma = self.add_weight(name="gamma", shape=(width,), initializer="ones")
        self.moving_mean = tf.Variable(tf.zeros((width,)), trainable=False)
        self.moving_variance = tf.Variable(tf.ones((width,)), trainable=False)

    def call(self, inputs, training=False):
        if training:
            mean, variance = tf.nn.moments(inputs, axes=[0])
            self.blend(self.moving_mean, mean)
            self.blend(self.moving_variance, variance)
        else:
            mean = tf.cast(self.moving_mean, inputs.dtype)
            variance = tf.cast(self.moving_variance, inputs.dtype)
        return self.gamma * (inputs - mean) * tf.math.rsqrt(variance + self.epsilon)

    def blend(self, average, value):
        value = tf.cast(value, average.dtype)
        average.assign(self.momentum * average + (1 - self.momentum) * value)
