"""Functional models of Keras 2."""

import tensorflow as tf
import tf_keras as keras


def rounded():
    inputs = keras.Input((6,))
    x = keras.layers.Dense(4)(inputs)
    x = tf.round(x)  # cuts everything
    return keras.Model(inputs, keras.layers.Dense(1)(x))
