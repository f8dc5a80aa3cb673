"""The models around a layer: how they hand inputs to it, and how they are saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from layerdoctor.probe.contract.models.around import LayerModel, functional_model, subclassed_model
from layerdoctor.probe.layer.subject import Subject
from layerdoctor.target import Input, Target


def blend_class(framework: Any) -> Any:
    """Return a layer that takes an input, a keyword, a further argument and ``training``."""

    @framework.saving.register_keras_serializable()
    class Blend(framework.layers.Layer):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.dense = framework.layers.Dense(3)
            self.dense.build((None, 3))

        def call(self, x: Any, context: Any, state: Any = None, *, training: Any) -> Any:
            scale = 2.0 if training else 1.0
            return {"mixed": scale * self.dense(x) + context, "state": state * scale}

    return Blend


def subject_of(framework: Any) -> Subject:
    inputs = (Input(shape=(4, 3)), Input(shape=(4, 3), name="context"))
    target = Target(id="blend", target="blend:Blend", app_dirs=(), inputs=inputs)
    arrays = [
        np.full(spec.shape or (), number + 1.0, "float32") for number, spec in enumerate(inputs)
    ]
    return Subject(
        target=target,
        layer=blend_class(framework)(),
        inputs=inputs,
        arrays=arrays,
        call_args={"state": np.arange(8, dtype="float32").reshape(4, 2)},
        framework="keras" if framework is keras else "tf_keras",
    )


def outputs(model: LayerModel, rows: int) -> list[Any]:
    returned = model.model([array[:rows] for array in model.arrays])
    return [np.array(leaf) for leaf in tf.nest.flatten(returned)]


@pytest.mark.parametrize("framework", [keras, tf_keras], ids=["keras", "tf_keras"])
@pytest.mark.parametrize("make", [functional_model, subclassed_model])
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_model_takes_any_batch_and_survives_an_archive(
    framework: Any, make: Any, tmp_path: Path
) -> None:
    model = make(subject_of(framework))
    whole, part = outputs(model, 4), outputs(model, 3)
    assert [array.shape for array in part] == [(3, 3), (3, 2)]
    np.testing.assert_array_equal(part[1], np.arange(6).reshape(3, 2))
    path = tmp_path / "model.keras"
    model.model.save(path)
    again = framework.saving.load_model(path)
    for before, after in zip(whole, tf.nest.flatten(again(model.arrays)), strict=True):
        np.testing.assert_allclose(before, np.array(after))


@pytest.mark.parametrize("framework", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_the_subclassed_model_holds_its_layer_unbuilt(framework: Any) -> None:
    model = subclassed_model(subject_of(framework))
    assert not model.subject.layer.built
    assert model.model.layer is model.subject.layer


@pytest.mark.parametrize("framework", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_a_parameter_that_keras_leaves_open_is_told_of_training(framework: Any) -> None:
    model = subclassed_model(subject_of(framework))
    returned = model.model(model.arrays, training=True)
    np.testing.assert_array_equal(returned["state"], 2.0 * np.arange(8).reshape(4, 2))
