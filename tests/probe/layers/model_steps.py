"""Models with a training step of their own."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class Base(keras.Model):  # type: ignore[misc]  # part
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.out = keras.layers.Dense(2)

    def build(self, shape: Any) -> None:
        self.out.build(shape)

    def call(self, x: Any) -> Any:
        return self.out(x)


class Steps(Base):
    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


class NeverApplies(Base):
    def train_step(self, data: Any) -> Any:  # LD405 note: moves no trainable weight
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        tape.gradient(loss, self.trainable_variables)
        return {"loss": loss}


class Misspells(Base):
    def train_step(self, data: Any) -> Any:
        x, y = data
        loss = self.compute_losses(x, y, self(x, training=True))  # LD405 note: compute_losses
        return {"loss": loss}


class TakesOtherTargets(Base):
    def train_step(self, data: Any) -> Any:
        x, (first, second) = data
        return {"loss": tf.reduce_mean(self(x) - first - second)}


class CompiledOtherwise(Base):
    def compile(self, inner: Any, outer: Any) -> None:
        super().compile(inner)
        self.outer = outer

    def train_step(self, data: Any) -> Any:
        return {"loss": self.outer(self(data[0]))}


class GatedCode(keras.Model):  # inputs: 4,6
    """What the call cuts, its step trains by another way."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate = keras.layers.Dense(3)
        self.out = keras.layers.Dense(6)
        self.spare = self.add_weight(name="spare", shape=(3,))  # LD201: self.spare

    def build(self, shape: Any) -> None:
        self.gate.build(shape)
        self.out.build((None, 3))

    def call(self, x: Any) -> Any:
        open_ = self.gate(x) > 0.0  # LD206 (GatedCode, TakesPairs)
        return self.out(tf.cast(open_, x.dtype))

    def train_step(self, data: Any) -> Any:
        x, _ = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.out(tf.nn.relu(self.gate(x))) - x) ** 2)
        gradients = tape.gradient(loss, self.trainable_variables)
        pairs = zip(gradients, self.trainable_variables, strict=True)
        self.optimizer.apply_gradients([pair for pair in pairs if pair[0] is not None])
        return {"loss": loss}


class TakesPairs(GatedCode):  # inputs: 4,6
    """A step that cannot be run for zeros says nothing of what it trains."""

    def train_step(self, data: Any) -> Any:
        return super().train_step((data[0], data[1]["second"]))


class OwnLoss(keras.Model):  # inputs: 4,6
    """The loss is its own, and takes what the call keeps from the outputs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate = keras.layers.Dense(3)

    def build(self, shape: Any) -> None:
        self.gate.build(shape)

    def call(self, x: Any) -> Any:
        return tf.round(self.gate(x))  # LD206

    def compute_loss(self, x: Any, *_: Any, **__: Any) -> Any:
        return tf.reduce_mean((self.gate(x) - 1.0) ** 2)
