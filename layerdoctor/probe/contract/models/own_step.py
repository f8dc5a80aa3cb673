"""The training step that a model's author has written, run for real by Keras's own ``fit``."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.probe.contract.models.around import INPUT, call_form
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject

RATE = 0.01
STEPS = 4
"""How many are run: some steps gather gradients and apply them later."""
WHATEVER_THE_TARGETS = (AttributeError, NameError)
"""What is raised whichever targets the step is given."""


def has_own_step(layer: Any) -> bool:
    """Whether an author's class defines ``train_step``."""
    return framework.is_model(layer) and framework.is_authors(layer, "train_step")


def has_own_training(layer: Any) -> bool:
    """Whether what trains a model is its author's: its step, or the loss that the step takes.

    Then a weight may be trained that the outputs of the call say nothing of.
    """
    own = any(framework.is_authors(layer, name) for name in ("train_step", "compute_loss"))
    return framework.is_model(layer) and own


def own_step(subject: Subject) -> Exception | list[Any]:
    """Return what the step raises, or else the trainable weights that it moves.

    The targets are zeros of the output's shape. Raises ``Skipped`` where the model cannot be
    compiled or called so, and for an exception that other targets might not raise: none that only
    a graph raises.
    """
    model = subject.layer
    form, arrays = call_form(subject)
    if form.args != [{INPUT: 0}] or len(arrays) > 1:
        raise Skipped("its own `train_step` is run for a single input only")
    outputs = [tf.convert_to_tensor(item) for item in framework.flatten(subject.run())]
    _compile(model)
    before = [(item, np.array(item)) for item in framework.trainable_of(model)]
    targets = tuple(tf.zeros_like(item) for item in outputs)
    rows = (arrays[0], targets if len(targets) > 1 else targets[0])
    data = tf.data.Dataset.from_tensors(rows).repeat(STEPS)
    try:
        model.fit(data, verbose=0)
    except WHATEVER_THE_TARGETS as error:
        return error
    except Exception as error:
        if _runs_eagerly(model, data):
            return error
        words = f"{type(error).__name__}: {first_line(error)}"
        raise Skipped(f"its own `train_step` raises {words} for targets of zeros") from None
    return [item for item, value in before if not np.array_equal(value, np.array(item))]


def _runs_eagerly(model: Any, data: Any) -> bool:
    """Whether the step runs with the same targets outside a graph."""
    _compile(model, run_eagerly=True)
    try:
        model.fit(data, verbose=0)
    except Exception:
        return False
    return True


def _compile(model: Any, *, run_eagerly: bool = False) -> None:
    keras = framework.keras_of(model)
    how = {"run_eagerly": run_eagerly, "jit_compile": False}
    try:
        model.compile(keras.optimizers.SGD(RATE), _loss, **how)
    except TypeError as error:
        words = first_line(error)
        raise Skipped(f"its own `train_step` is not run: `compile` raises {words}") from None


def _loss(target: Any, output: Any) -> Any:
    return tf.reduce_mean(tf.square(output - tf.cast(target, output.dtype) - 1.0))
