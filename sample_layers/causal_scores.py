"""Attention that does not look ahead."""

import keras
import tensorflow as tf


class CausalScores(keras.layers.Layer):
    """Self-attention over a sequence; keeps the mask for the next call."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mask = None

    def build(self, input_shape):
        width = input_shape[-1]
        self.query = self.add_weight(name="query", shape=(width, width))
        self.key = self.add_weight(name="key", shape=(width, width))

    def call(self, inputs):
        if self.mask is None:
            steps = tf.shape(inputs)[1]
            self.mask = tf.linalg.band_part(tf.ones((steps, steps), inputs.dtype), -1, 0)
        queries = tf.matmul(inputs, self.query)
        keys = tf.matmul(inputs, self.key)
        scores = tf.matmul(queries, keys, transpose_b=True)
        weights = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True)) * self.mask
        weights /= tf.reduce_sum(weights, axis=-1, keepdims=True) + 1e-6
        return tf.matmul(weights, inputs)
