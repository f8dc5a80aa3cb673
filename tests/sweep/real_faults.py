"""What is truly the matter with the frameworks' own layers, each shown with nothing but Keras."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras


def rebuilt(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def aug_mix() -> None:
    """It draws by Python's `random.choice` in `call`: a graph repeats the draw of its trace."""
    layer = keras.layers.AugMix(chain_depth=6)
    images = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    drawn = 0

    def choice(options: Any) -> Any:
        nonlocal drawn
        drawn += 1
        return options[-1]

    graph = tf.function(lambda rows: layer(rows, training=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random, "choice", choice)
        graph(images)
        in_the_trace = drawn
        graph(images)
        assert drawn == in_the_trace > 0
        layer(images, training=True)
        assert drawn > in_the_trace


def flat_image(layer: Any) -> None:
    images = tf.Variable(tf.zeros((2, 8, 8, 3)))
    with tf.GradientTape() as tape:
        output = layer(images, training=True)
    assert np.isnan(tape.gradient(output, images)).any()


def auto_contrast() -> None:
    """It divides by the range of the image, which is zero for one colour."""
    flat_image(keras.layers.AutoContrast())


def rand_augment() -> None:
    """It applies `AutoContrast`, which divides by the range of the image."""
    flat_image(keras.layers.RandAugment().auto_contrast)


def category_encoding() -> None:
    """`get_config` leaves `sparse` out."""
    assert not rebuilt(keras.layers.CategoryEncoding(num_tokens=5, sparse=True)).sparse


def equalization() -> None:
    """`keras.Model` around it raises, for its output is part of a cycle."""
    image = keras.Input((8, 8, 3))
    with pytest.raises(ValueError, match="part of a cycle"):
        keras.Model(image, keras.layers.Equalization()(image))


def masked_mean(layers: Any) -> None:
    layer = layers.GlobalAveragePooling1D()
    assert np.isnan(layer(tf.ones((1, 2, 3)), mask=tf.constant([[False, False]]))).all()


def mean_keras_3() -> None:
    """It divides by the number of steps that the mask leaves, which may be none."""
    masked_mean(keras.layers)


def mean_keras_2() -> None:
    """It divides by the number of steps that the mask leaves, which may be none."""
    masked_mean(tf_keras.layers)


def normalization() -> None:
    """It keeps tensors of its first build, which `fit` traces, so a later call raises."""
    layer = keras.layers.Normalization(mean=0.5, variance=2.0)
    tf.function(layer)(tf.ones((4, 5)))
    with pytest.raises(TypeError, match="out of scope"):
        layer(tf.ones((4, 5)))


def random_shear() -> None:
    """`get_config` gives what its `__init__` refuses."""
    with pytest.raises(TypeError):
        rebuilt(keras.layers.RandomShear(x_factor=0.2, y_factor=0.2))


def spectral_normalization() -> None:
    """Training assigns the kernel of the wrapped layer, which an optimizer trains as well."""
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(4))
    layer(tf.ones((4, 5)))
    before = layer.layer.kernel.numpy()
    layer(tf.ones((4, 5)), training=True)
    assert not np.allclose(before, layer.layer.kernel)


def embedding() -> None:
    """`get_config` leaves `sparse` out."""
    layer = tf_keras.layers.Embedding(20, 4, sparse=True)
    assert layer.sparse
    assert not rebuilt(layer).sparse


def random_contrast() -> None:
    """It has no gradient, so `fit` raises where a layer that trains stands before it."""
    images = np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 3)).astype("float32")
    model = tf_keras.Sequential([tf_keras.layers.Conv2D(3, 1), tf_keras.layers.RandomContrast(0.2)])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(LookupError, match="AdjustContrastv2"):
        model.fit(images, images, verbose=0)


def spatial_dropout(kind: Any) -> None:
    assert rebuilt(kind(0.5, data_format="channels_first")).data_format == "channels_last"


def spatial_dropout_2d() -> None:
    """It has no `get_config` of its own for `data_format`."""
    spatial_dropout(tf_keras.layers.SpatialDropout2D)


def spatial_dropout_3d() -> None:
    """It has no `get_config` of its own for `data_format`."""
    spatial_dropout(tf_keras.layers.SpatialDropout3D)


def spectral_normalization_keras_2() -> None:
    """It builds an `InputSpec` of Keras 3 where that is what `tf.keras` is."""
    layer = tf_keras.layers.SpectralNormalization(tf_keras.layers.Dense(4))
    with pytest.raises(TypeError, match="InputSpec"):
        layer(tf.ones((4, 5)))


REAL_FAULTS: dict[str, dict[tuple[str, str], Callable[[], None]]] = {
    "keras": {
        ("AugMix", "graph-mismatch"): aug_mix,
        ("AutoContrast", "non-finite"): auto_contrast,
        ("CategoryEncoding", "lossy-config"): category_encoding,
        ("Equalization", "symbolic-error"): equalization,
        ("GlobalAveragePooling1D", "non-finite"): mean_keras_3,
        ("Normalization", "leaked-tensor"): normalization,
        ("RandAugment", "non-finite"): rand_augment,
        ("RandomShear", "lossy-config"): random_shear,
        ("SpectralNormalization", "overwritten-weight"): spectral_normalization,
    },
    "tf_keras": {
        ("Embedding", "lossy-config"): embedding,
        ("GlobalAveragePooling1D", "non-finite"): mean_keras_2,
        ("RandomContrast", "fit-error"): random_contrast,
        ("SpatialDropout2D", "lossy-config"): spatial_dropout_2d,
        ("SpatialDropout3D", "lossy-config"): spatial_dropout_3d,
        ("SpectralNormalization", "build-error"): spectral_normalization_keras_2,
    },
}
"""(target, rule) -> what shows it with plain Keras and says in its docstring what it is."""
