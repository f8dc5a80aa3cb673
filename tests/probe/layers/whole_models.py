"""Whole models, as functions that return them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("whole")
class Block(keras.layers.Layer):  # type: ignore[misc]
    """Two layers of Keras's own and a way around them."""

    def __init__(self, width: int = 6, **options: Any) -> None:
        super().__init__(**options)
        self.width = width
        self.norm = keras.layers.LayerNormalization()
        self.mix = keras.layers.Dense(width)

    def build(self, shape: Any) -> None:
        """Build both."""
        self.norm.build(shape)
        self.mix.build(shape)

    def call(self, x: Any) -> Any:
        """Add what they make of it."""
        return x + self.mix(self.norm(x))  # in the block

    def get_config(self) -> dict[str, Any]:
        """Return the width too."""
        return {**super().get_config(), "width": self.width}


def stack() -> Any:
    """Return a model that nothing is wrong with."""
    inputs = keras.Input((6,))
    x = keras.layers.Dense(6, name="first")(inputs)  # the first
    for _ in range(3):
        x = Block()(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="last")(x))  # the last


def rounded() -> Any:
    """Return a model in which a `round` ends the gradient of all that is before it."""
    inputs = keras.Input((6,))
    x = keras.layers.Dense(6, name="first")(inputs)
    for _ in range(3):
        x = Block()(x)
    x = keras.ops.round(x)  # cuts everything
    return keras.Model(inputs, keras.layers.Dense(2, name="last")(x))


def rounded_beside() -> Any:
    """Return a model in which what is before a `round` has another way to the output."""
    inputs = keras.Input((6,))
    first = keras.layers.Dense(6, name="first")(inputs)
    x = first
    for _ in range(3):
        x = Block()(x)
    x = keras.ops.round(x)  # cuts the blocks
    x = keras.layers.Concatenate()([x, first])
    return keras.Model(inputs, keras.layers.Dense(2, name="last")(x))


class Subclassed(keras.Model):  # type: ignore[misc]
    """Calls its layers in another order than it makes them, and one not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.after = keras.layers.Dense(2)
        self.idle = keras.layers.Dense(2)
        self.idle.build((None, 2))
        self.blocks = [Block(), Block()]
        self.before = keras.layers.Dense(6)

    def call(self, x: Any) -> Any:
        """Go through all but one."""
        x = self.before(x)
        for block in self.blocks:
            x = block(x)
        return self.after(x)


class Sorted(keras.layers.Layer):  # type: ignore[misc]
    """Leaves no shape in a graph."""

    def call(self, x: Any) -> Any:
        """Sort outside TensorFlow."""
        return tf.numpy_function(lambda values: np.sort(values), [x], tf.float32)

    def compute_output_shape(self, shape: Any) -> Any:
        """Promise one all the same."""
        return shape


def shapeless() -> Any:
    """Return a model in which a layer of Keras's own raises in a graph."""
    inputs = keras.Input((6,))
    x = Sorted()(inputs)
    x = keras.layers.Reshape((3, 2))(x)  # asks for a shape
    return keras.Model(inputs, keras.layers.Flatten()(x))


class Stepping(keras.Model):  # type: ignore[misc]
    """Is put together as Keras's own are, and trained by another step."""

    def train_step(self, data: Any) -> Any:
        """Move nothing."""
        x, _ = data  # never moves
        return {"loss": tf.reduce_mean(self(x, training=True))}


def stepping() -> Any:
    """Return a model of many operations, with a step of its own."""
    x = inputs = keras.Input((6,))
    for _ in range(60):
        x = keras.layers.Dense(6, activation="tanh")(x)
    return Stepping(inputs, Block()(x))


def tall() -> Any:
    """Return a model of many layers."""
    x = inputs = keras.Input((6,))
    for _ in range(130):
        x = keras.layers.Dense(6, activation="tanh")(x)
    return keras.Model(inputs, x)
