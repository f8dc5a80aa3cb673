"""Whole models to measure, as functions that return them."""

from __future__ import annotations

from typing import Any

import keras


class Block(keras.layers.Layer):  # type: ignore[misc]
    """One block of a transformer, (batch, steps, width) to the same."""

    def __init__(self, width: int = 64, heads: int = 4, **options: Any) -> None:
        super().__init__(**options)
        self.width, self.heads = width, heads
        self.before, self.between = (keras.layers.LayerNormalization() for _ in range(2))
        self.attend = keras.layers.MultiHeadAttention(heads, width // heads)
        self.up = keras.layers.Dense(4 * width, activation="gelu")
        self.down = keras.layers.Dense(width)

    def build(self, shape: Any) -> None:
        """Build all parts."""
        self.before.build(shape)
        self.attend.build(shape, shape)
        self.between.build(shape)
        self.up.build(shape)
        self.down.build((*shape[:-1], 4 * self.width))

    def call(self, x: Any) -> Any:
        """Attend, and go through two dense layers, each with a way around."""
        known = self.before(x)
        x = x + self.attend(known, known)
        return x + self.down(self.up(self.between(x)))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments too."""
        return {**super().get_config(), "width": self.width, "heads": self.heads}


def twelve_blocks() -> Any:
    """Return a transformer with a `round` behind its blocks."""
    x = inputs = keras.Input((16, 64))
    for _ in range(12):
        x = Block()(x)
    x = keras.layers.GlobalAveragePooling1D()(keras.ops.round(x))
    return keras.Model(inputs, keras.layers.Dense(10)(x))


def mobile_net() -> Any:
    """Return a model of Keras's own."""
    return keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None, classes=10)


def deep() -> Any:
    """Return a model of 200 layers."""
    x = inputs = keras.Input((32,))
    for _ in range(200):
        x = keras.layers.Dense(32, activation="tanh")(x)
    return keras.Model(inputs, x)
