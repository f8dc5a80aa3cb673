"""Functions that the layers of other modules call."""

import tensorflow as tf


def soft_rank(scores):
    return tf.nn.softmax(scores)


def hard_rank(scores):
    ordered = tf.argsort(scores)  # LD202: self.w (Helped)
    return tf.cast(ordered, tf.float32)


def apply(function, value):
    return function(value)  # LD202: self.w (HandedOver)
