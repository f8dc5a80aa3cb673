"""An activation with learned slopes on both sides."""

import keras
import tensorflow as tf

SHARPNESS = tf.constant(2.0)


class AttentiveRelu(keras.layers.Layer):
    """Leaks below zero and amplifies above it."""

    def build(self, input_shape):
        self.leak = self.add_weight(name="leak", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        amplified = tf.nn.relu(inputs) * (1.0 + tf.sigmoid(SHARPNESS))
        return amplified - tf.nn.relu(-inputs) * tf.sigmoid(self.leak)
