"""A layer in models of its own Keras: a functional one, and a subclassed one that builds it.

Both take their inputs as one array, or as a flat list of arrays in a fixed order, and hand them to
the layer in the form in which the target is called. The subclassed model can be saved, and loaded
in another process once ``holder_class`` was called there.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject

INPUT = "$input"
"""The key of the dictionary that stands for an input of the model, with its number."""


@dataclass(frozen=True, slots=True)
class CallForm:
    """How the inputs of a model reach the call of the layer in it.

    ``{INPUT: 2}`` stands for the third input, wherever the layer's call takes it.
    """

    args: list[Any]
    kwargs: dict[str, Any]
    training: str | None = None
    """The parameter that Keras does not set by itself: one without a default, ``is_training``."""

    def filled(self, inputs: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return positional and keyword arguments with the inputs in their places."""
        several = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        args: list[Any] = _filled(self.args, several)
        kwargs: dict[str, Any] = _filled(self.kwargs, several)
        return args, kwargs


@dataclass(frozen=True, slots=True)
class LayerModel:
    """A model around a layer that was made for it."""

    kind: Literal["functional", "subclassed"]
    model: Any
    subject: Subject
    """The layer in the model."""
    arrays: list[Any]
    """The inputs of the model, each of the batch size given."""
    returned: Any = None
    """What the layer returned to the symbolic inputs of a functional model."""

    @property
    def inputs(self) -> Any:
        """What the model is given: its one array, or the list of them."""
        return self.arrays if len(self.arrays) != 1 else self.arrays[0]


def functional_model(subject: Subject) -> LayerModel:
    """Return a functional model of the layer, for an unknown batch size.

    Its outputs are what the layer returns or, where there is more than tensors in that, the tensors
    alone. Raises what the call on symbolic inputs raises, and ``TypeError`` without any tensor.
    """
    keras = framework.keras_of(subject.layer)
    form, arrays = call_form(subject)
    batch = arrays[0].shape[0]
    inputs = [
        keras.Input(
            batch_shape=(None if array.shape[0] == batch else array.shape[0], *array.shape[1:]),
            dtype=tf.as_dtype(array.dtype if array.dtype.kind not in "OSU" else "string").name,
        )
        for array in arrays
    ]
    args, kwargs = form.filled(inputs)
    outputs = subject.layer(*args, **kwargs)
    leaves = tf.nest.flatten(outputs)
    tensors = [leaf for leaf in leaves if keras.backend.is_keras_tensor(leaf)]
    if not tensors:
        raise TypeError("the layer returns no tensor")
    model = keras.Model(
        inputs if len(inputs) > 1 else inputs[0],
        outputs if len(tensors) == len(leaves) else tensors,
    )
    return LayerModel("functional", model, subject, arrays, outputs)


def as_it_is(subject: Subject) -> LayerModel:
    """Return a functional model as one around itself, where it takes its inputs as these do."""
    form, arrays = call_form(subject)
    each = [{INPUT: number} for number in range(len(arrays))]
    if form.kwargs or form.args not in ([each], each[:1]):
        return functional_model(subject)
    return LayerModel("functional", subject.layer, subject, arrays, subject.layer.outputs)


def subclassed_model(subject: Subject) -> LayerModel:
    """Return a subclassed model that holds the layer as it is, so as a rule unbuilt."""
    form, arrays = call_form(subject)
    holder = holder_class(framework.keras_of(subject.layer))
    return LayerModel("subclassed", holder(subject.layer, form), subject, arrays)


def call_form(subject: Subject) -> tuple[CallForm, list[Any]]:
    """Return how the layer is called, and the arrays to call it with.

    Beside its inputs, those are the arrays and tensors among its further arguments that have the
    batch size of the first input. Raises ``IndexError`` where there is no such size.
    """
    tensors = subject.tensors()
    concrete, _ = subject.arguments(tensors)
    supplied = subject.supplied(concrete)
    args, kwargs = subject.arguments([{INPUT: number} for number in range(len(tensors))])
    arrays = [np.array(array) for array in subject.arrays]
    batch = arrays[0].shape[0]

    def taken_out(structure: Any) -> Any:
        if isinstance(structure, dict):
            return {key: taken_out(item) for key, item in structure.items()}
        if isinstance(structure, (list, tuple)):
            return type(structure)(map(taken_out, structure))
        if isinstance(structure, (np.ndarray, tf.Tensor)) and tuple(structure.shape)[:1] == (
            batch,
        ):
            arrays.append(np.array(structure))
            return {INPUT: len(arrays) - 1}
        return structure

    kwargs = {**kwargs, **taken_out(supplied)}
    return CallForm(args, kwargs, _unset_training(subject)), arrays


def _unset_training(subject: Subject) -> str | None:
    for name in ("training", "is_training"):
        parameter = subject.parameters.get(name)
        if parameter is not None and name not in subject.call_args:
            required = parameter.default is parameter.empty
            return name if required or name != "training" else None
    return None


def _filled(structure: Any, inputs: list[Any]) -> Any:
    if isinstance(structure, dict):
        if structure.keys() == {INPUT}:
            return inputs[structure[INPUT]]
        return {key: _filled(item, inputs) for key, item in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(_filled(item, inputs) for item in structure)
    return structure


@functools.cache
def holder_class(keras: Any) -> Any:
    """Return the class of the subclassed models, known to this Keras for loading from now on."""
    saving = keras.saving

    @saving.register_keras_serializable(package="layerdoctor")
    class LayerHolder(keras.Model):  # type: ignore[misc]
        """A model that does nothing but call its layer."""

        def __init__(self, layer: Any, form: CallForm, **options: Any) -> None:
            super().__init__(**options)
            self.layer = layer
            self.form = form

        def call(self, inputs: Any, training: Any = None) -> Any:
            args, kwargs = self.form.filled(inputs)
            if self.form.training is not None:
                kwargs[self.form.training] = bool(training)
            return self.layer(*args, **kwargs)

        def get_config(self) -> dict[str, Any]:
            written = saving.serialize_keras_object
            return {
                "name": self.name,
                "layer": written(self.layer),
                "args": written(self.form.args),
                "kwargs": written(self.form.kwargs),
                "training": self.form.training,
            }

        @classmethod
        def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
            read = functools.partial(saving.deserialize_keras_object, custom_objects=custom_objects)
            form = CallForm(read(config["args"]), read(config["kwargs"]), config["training"])
            return cls(read(config["layer"]), form, name=config["name"])

    return LayerHolder
