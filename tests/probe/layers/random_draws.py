"""Layers that draw random numbers: declared, undeclared, in training only."""

# aside: LD104 LD206 LD505 LD508

import keras
import numpy as np
import tensorflow as tf
import tf_keras


class AlwaysDrops(keras.layers.Layer):
    """Keeps its dropout on in inference, on purpose (Monte Carlo dropout)."""

    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(rate)

    def call(self, inputs):
        return self.dropout(inputs, training=True)  # LD506


class Samples(keras.layers.Layer):
    """Draws from a normal distribution around its input."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(3)

    def call(self, mean):
        shape = keras.ops.shape(mean)
        noise = keras.random.normal(shape, dtype=mean.dtype, seed=self.seed_generator)  # LD506
        return mean + 0.1 * noise


class SamplesInHelper(keras.layers.Layer):
    """Holds its generator in a plain dictionary."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.parts = {"seed": keras.random.SeedGenerator(3)}

    def call(self, mean):
        noise = keras.random.uniform(keras.ops.shape(mean), seed=self.parts["seed"])  # LD506
        return mean + 0.1 * noise


class Dice:  # part
    def __init__(self):
        self.seeds = {"own": keras.random.SeedGenerator(3)}

    def throw(self, shape):
        return keras.random.uniform(shape, seed=self.seeds["own"])  # LD506 note (SamplesByHelper)


class SamplesByHelper(keras.layers.Layer):
    """Has its generator in an object that Keras does not look into."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dice = Dice()

    def call(self, mean):
        return mean + 0.1 * self.dice.throw(keras.ops.shape(mean))


class HoldsGenerator(keras.layers.Layer):
    """Draws from a generator of TensorFlow's that it holds."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = tf.random.Generator.from_seed(3)

    def call(self, inputs):
        return inputs + self.generator.normal(tf.shape(inputs))  # LD506


class DrawsFromGlobalSeed(keras.layers.Layer):
    """Draws from Keras's own generator, and declares nothing."""

    def call(self, inputs):
        return inputs + keras.random.normal(keras.ops.shape(inputs))  # LD506 warning


class DrawsUndeclared(keras.layers.Layer):
    """Draws from TensorFlow's own generator."""

    def call(self, inputs):
        return tf.nn.dropout(inputs, 0.4)  # LD506 warning


class DeclaredAndNot(keras.layers.Layer):
    """Has a dropout for training, and noise that it forgot to switch off."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(0.5)

    def call(self, inputs, training=False):
        noise = tf.random.normal(tf.shape(inputs))  # LD506 warning
        return self.dropout(inputs, training=training) + noise


class DropsInTraining(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(0.5)

    def call(self, inputs, training=False):
        return self.dropout(inputs, training=training)


class NoiseInTraining(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.noise = keras.layers.GaussianNoise(0.3)

    def call(self, inputs):
        return self.noise(inputs)


class FixedSeed(keras.layers.Layer):
    """Draws the same projection in each call."""

    def call(self, inputs):
        projection = tf.random.stateless_normal((5, 3), seed=(1, 2))
        return tf.matmul(inputs, projection)


class RunningMean(keras.layers.Layer):
    """Has a state that each call moves, and a dropout that is off: nothing is random."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(0.5)

    def build(self, shape):
        self.mean = self.add_weight(name="mean", shape=shape[1:], trainable=False)

    def call(self, inputs, training=False):
        self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(inputs, axis=0))
        return self.dropout(inputs - self.mean, training=training)


class KeepsOrder(keras.layers.Layer):
    """Draws, and the output does not depend on what was drawn."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(3)

    def call(self, inputs):
        order = keras.random.shuffle(keras.ops.arange(5), seed=self.seed_generator)
        shuffled = tf.gather(inputs, order, axis=1)
        return tf.sort(shuffled, axis=1)


class AlwaysDropsInKeras2(tf_keras.layers.Layer):
    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.dropout = tf_keras.layers.Dropout(rate)

    def call(self, inputs):
        return self.dropout(inputs, training=True)  # LD506


class DrawsUndeclaredInKeras2(tf_keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.normal(tf.shape(inputs))  # LD506 warning


class DrawsWithNumpy(keras.layers.Layer):
    """Tracing freezes what it draws: that is what is told."""

    def call(self, inputs):
        return inputs + np.random.normal()  # LD403 error
