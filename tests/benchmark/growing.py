"""Layers that are as large as wanted: in weights, operations, held objects, or bytes."""

from __future__ import annotations

import keras
import tensorflow as tf


class ManyWeights(keras.layers.Layer):  # type: ignore[misc]
    """As many one-unit dense sub-layers as wanted, each with a kernel and a bias."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.parts = [keras.layers.Dense(1) for _ in range((size + 1) // 2)]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the sum of what the sub-layers return, (batch, 1)."""
        return sum(part(inputs) for part in self.parts)


class ManyOperations(keras.layers.Layer):  # type: ignore[misc]
    """One weight and a chain of operations behind it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.gain = self.add_weight(name="gain", shape=(5,), initializer="ones")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return a tensor of the shape of the inputs, (batch, 5)."""
        outputs = inputs * self.gain
        for _ in range(self.size - 1):
            outputs = tf.tanh(outputs)
        return outputs


class ManyAttributes(keras.layers.Layer):  # type: ignore[misc]
    """One weight, and as many numbers in a list."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.steps = [index / size for index in range(size)]
        self.gain = self.add_weight(name="gain", shape=(5,), initializer="ones")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return a tensor of the shape of the inputs, (batch, 5)."""
        return inputs * self.gain * self.steps[-1]


class ManyBytes(keras.layers.Layer):  # type: ignore[misc]
    """One matrix of four times the square of ``width`` bytes."""

    def __init__(self, width: int, **options: object) -> None:
        super().__init__(**options)
        self.width = width

    def build(self, shape: tuple[int, int]) -> None:
        """Make the matrix for inputs of the shape (batch, width)."""
        self.matrix = self.add_weight(name="matrix", shape=(shape[-1], self.width))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return a tensor of the shape (batch, width)."""
        return inputs @ self.matrix
