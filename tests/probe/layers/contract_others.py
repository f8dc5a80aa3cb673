"""Layers of Keras 2 and plain modules that keep or break one part of the contract."""

import random

import tensorflow as tf
import tf_keras


class Branches(tf_keras.layers.Layer):
    def call(self, inputs):
        if tf.reduce_sum(inputs) > 0:
            return inputs
        return -inputs


class Forgets(tf_keras.layers.Layer):
    def __init__(self, units=4, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.scale = scale

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel) * self.scale

    def compute_output_shape(self, input_shape):
        return tf.TensorShape((input_shape[0], self.units + 1))  # promise

    def get_config(self):
        return {**super().get_config(), "units": self.units}  # dropped


class Dynamic(tf_keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(dynamic=True, **kwargs)

    def call(self, inputs):
        return tf.constant(inputs.numpy() * 2)


class Single(tf_keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.ones(tf.shape(inputs))  # single


class BranchingModule(tf.Module):
    def __call__(self, inputs):
        if tf.reduce_sum(inputs) > 0:
            return inputs
        return -inputs


class DrawingModule(tf.Module):
    def __call__(self, inputs):
        return inputs * random.random()  # drawn


class PoppingModule(tf.Module):
    def __call__(self, features):
        weight = features.pop("weight")  # popped
        return features["value"] * weight


class ScalingModule(tf.Module):
    def __call__(self, values):
        values *= 2.0  # scaled
        return values
