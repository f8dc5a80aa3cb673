"""A mixture of experts that sends every row to one of them."""

import keras
import tensorflow as tf


class ExpertRouter(keras.layers.Layer):
    """Chooses an expert a row and applies its matrix."""

    def __init__(self, experts=4, **kwargs):
        super().__init__(**kwargs)
        self.experts = experts

    def build(self, input_shape):
        width = input_shape[-1]
        self.gate = self.add_weight(name="gate", shape=(width, self.experts))
        self.kernels = self.add_weight(name="kernels", shape=(self.experts, width, width))

    def call(self, inputs):
        logits = tf.matmul(inputs, self.gate)
        chosen = tf.argmax(logits, axis=-1)
        routes = tf.one_hot(chosen, self.experts, dtype=inputs.dtype)
        outputs = tf.einsum("bi,eij->bej", inputs, self.kernels)
        return tf.einsum("be,bej->bj", routes, outputs)
