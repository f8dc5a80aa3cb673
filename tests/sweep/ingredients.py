"""What the configs need and no literal can express."""

from __future__ import annotations

import tempfile

import keras
import numpy as np
import tensorflow as tf


class Doubling(tf.Module):  # type: ignore[misc]
    """One weight, served as a function of a batch of five features."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(np.full((5,), 2.0, "float32"))

    @tf.function(input_signature=[tf.TensorSpec((None, 5))])  # type: ignore[untyped-decorator]
    def serve(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the inputs times the weight."""
        return inputs * self.scale


def served_doubling() -> keras.layers.Layer:
    """Return a `TFSMLayer` around a freshly exported function."""
    folder = tempfile.mkdtemp(prefix="exported-")
    tf.saved_model.save(Doubling(), folder)
    return keras.layers.TFSMLayer(folder, call_endpoint="serving_default")


def halved(inputs: tf.Tensor) -> tf.Tensor:
    """Return half of the inputs."""
    return inputs / 2
