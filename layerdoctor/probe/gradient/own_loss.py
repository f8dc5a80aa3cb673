"""Gradients of the author's own loss on the author's own batch, beside the drawn ones."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import LossGradient, OwnLoss
from layerdoctor.probe.gradient.passes import Variable, status_of
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.failures import message_of
from layerdoctor.probe.layer.loading import NothingToExamine
from layerdoctor.probe.layer.subject import Snapshot, Subject
from layerdoctor.wording import shape_of


@dataclass(frozen=True, slots=True)
class Batch:
    """What a training step is given: inputs, targets, and what compares outputs with targets."""

    inputs: Sequence[Any]
    targets: Any
    loss: Any
    """The name of a loss, one of Keras's, or a function of targets and outputs."""


def observe_loss(subject: Subject, batch: Batch, variables: Sequence[Variable]) -> OwnLoss:
    """Return the loss and its gradients, in training; the variables are as before afterwards.

    Raises ``NothingToExamine`` where the loss cannot be taken.
    """
    before = Snapshot.of([item.variable for item in variables])
    before.add(subject.variables())
    compare = _function(batch.loss, subject.layer)
    training = True if subject.has_training else None
    try:
        with tf.GradientTape() as tape:
            outputs = subject.run([tf.constant(array) for array in batch.inputs], training=training)
            value = _value(compare, batch, outputs)
            value += tf.add_n([tf.cast(each, value.dtype) for each in _added(subject, value)])
        known = [item for item in variables if item.trainable and item.is_float]
        found = tape.gradient(value, [item.variable for item in known])
    finally:
        before.restore()
    gradients = tuple(map(_gradient, known, found))
    return OwnLoss(name=_name(batch.loss), value=float(f"{float(value):.3g}"), gradients=gradients)


def _added(subject: Subject, value: Any) -> list[Any]:
    return [*framework.losses_of(subject.layer), tf.zeros((), value.dtype)]


def _value(compare: Callable[[Any, Any], Any], batch: Batch, outputs: Any) -> Any:
    try:
        return tf.reduce_mean(compare(batch.targets, outputs))
    except Exception as error:
        shapes = ", ".join(shape_of(tuple(each.shape)) for each in framework.flatten(outputs))
        targets = shape_of(np.shape(batch.targets))
        words = f"{type(error).__name__}: {message_of(error).splitlines()[0]}"
        raise NothingToExamine(
            "inputs",
            f"the loss `{_name(batch.loss)}` raised {words}, for outputs of shape "
            f"{shapes} and targets of shape {targets}; give targets that fit the outputs: "
            "`examine(layer, x, y, loss=...)`",
        ) from None


def _function(loss: Any, layer: Any) -> Callable[[Any, Any], Any]:
    if callable(loss):
        return loss  # type: ignore[no-any-return]
    is_layer = framework.is_layer(layer)
    keras = framework.keras_of(layer) if is_layer else importlib.import_module("keras")
    try:
        found: Callable[[Any, Any], Any] = keras.losses.get(loss)
        if callable(found):
            return found
    except (TypeError, ValueError):
        pass
    raise NothingToExamine(
        "inputs",
        f"`{loss!r}` is no loss; expected a name such as `mse`, a loss of Keras, or a function of "
        "targets and outputs",
    )


def _name(loss: Any) -> str:
    return loss if isinstance(loss, str) else str(getattr(loss, "__name__", type(loss).__name__))


def _gradient(variable: Variable, gradient: Any) -> LossGradient:
    status, norm = status_of(gradient)
    return LossGradient(attribute=variable.attribute, status=status, norm=norm)
