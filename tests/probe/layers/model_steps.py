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
