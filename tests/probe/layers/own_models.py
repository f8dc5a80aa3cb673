"""Models of authors' own: their configs, what they hold, and what comes before their base."""

import keras
import tensorflow as tf

# aside: LD104 LD505


class Configured(keras.Model):  # inputs: 4,6 / args: { width = 5 }
    def __init__(self, width=3, **kwargs):  # LD501: `width`
        super().__init__(**kwargs)
        self.width = width
        self.head = keras.layers.Dense(width)

    def call(self, x):
        return self.head(x)


class AtItsDefaults(keras.Model):  # inputs: 4,6
    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.head = keras.layers.Dense(2)
        self.rate = rate

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}

    def call(self, x):
        return self.head(x) * self.rate


class Box:
    def __init__(self, parts):
        self.parts = parts  # LD102: self.box.parts (Boxed)


class Boxed(keras.Model):  # inputs: 4,6
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.box = Box([keras.layers.Dense(4), keras.layers.Dense(4)])
        self.head = keras.layers.Dense(1)

    def call(self, x):
        for part in self.box.parts:
            x = part(x)
        return self.head(x)


class EncoderFirst(keras.Model):  # inputs: 4,6
    def __init__(self, **kwargs):
        self.encoder = keras.Sequential([keras.layers.Dense(4)])
        super().__init__(**kwargs)
        self.head = keras.layers.Dense(1)

    def call(self, x):
        return self.head(self.encoder(x))


class StepOfPython(keras.Model):  # inputs: 4,6
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.head = keras.layers.Dense(1)

    def call(self, x):
        return self.head(x)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x) - y) ** 2)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        return {"loss": float(loss)}  # LD405
