"""Comparisons of the rows of a batch with a running state."""

import keras
import tensorflow as tf


class StepBlend(keras.layers.Layer):
    """Blends each step of a sequence with a state that starts at zero."""

    def build(self, input_shape):
        batch, _, width = input_shape
        self.batch = batch
        self.mix = self.add_weight(name="mix", shape=(width, width))

    def call(self, inputs):
        state = tf.zeros((self.batch, inputs.shape[-1]), inputs.dtype)
        for step in range(inputs.shape[1]):
            state = tf.tanh(inputs[:, step] + tf.matmul(state, self.mix))
        return state
