"""Training a layer for real: Keras's own ``fit`` of the models around it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.probe.contract.models.around import LayerModel
from layerdoctor.probe.contract.models.lowering import TracedStep, step_of_fit
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework

RATE = 1e-3
FURTHER = 50
"""How many more steps a weight gets that has not moved yet: a counter may fade it in."""
AHEAD = 1e6
"""Where a counter is set after them, which may wait for some thousand steps."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The training of one model around the layer."""

    model: LayerModel
    trainer: Any
    """The model that was compiled and fitted, with the layer's own in its midst."""
    error: Exception | None
    """What ``fit`` raised."""
    batch: Any
    """The last batch that it is trained on: inputs and targets."""
    moved: frozenset[str] = frozenset()
    """The names of the watched weights that it has moved."""
    only_behind_trained: bool = False
    """Whether the model can be fitted where nothing before the layer is trained."""

    def traced_step(self) -> TracedStep | None:
        """Return the step as ``fit`` has traced it; None where XLA needs another trace."""
        return step_of_fit(self.trainer.graph)

    def compiled_step(self) -> Any:
        """Trace one more step for the size of the last batch; raises what it raises.

        TensorFlow makes the way back of a loop another one where XLA is to compile it.
        """
        step = tf.function(self.trainer.train_step, autograph=False, jit_compile=True)
        return step.get_concrete_function(self.batch)


def fit(model: LayerModel, outputs: int, sizes: tuple[int, ...], watched: Mapping[str, Any]) -> Fit:
    """Fit a model on its arrays, over and over, in batches of these sizes.

    All but the last are equal. ``outputs`` is how many tensors the layer returns that a loss takes.
    It goes on for a while where weights are ``watched`` and one of them does not move.
    """
    keras = framework.keras_of(model.subject.layer)
    trainer = _trainer_class(keras)(model.model)
    rows = _rows(model, outputs, sum(sizes))
    data = tf.data.Dataset.from_tensor_slices(rows).batch(sizes[0])
    last = tf.nest.map_structure(lambda array: tf.constant(array[: sizes[-1]]), rows)
    before = {name: weight.numpy() for name, weight in watched.items()}
    if error := _error_of_fit(keras, trainer, data):
        first = _trainer_class(keras)(model.model, behind_trained=False)
        alone = _error_of_fit(keras, first, data) is None
        return Fit(model, trainer, error, last, only_behind_trained=alone)
    if len(_moved(watched, before)) < len(before):
        _go_on(trainer, data.take(1))
    return Fit(model, trainer, None, last, _moved(watched, before))


def _error_of_fit(keras: Any, trainer: Any, data: Any) -> Exception | None:
    """Return what it raises to compile and fit a model; None where it does not."""
    try:
        trainer.compile(keras.optimizers.SGD(RATE), _loss, run_eagerly=False, jit_compile=False)
        trainer.fit(data, shuffle=False, verbose=0)
    except Exception as error:
        return error
    return None


def _go_on(trainer: Any, batch: Any) -> None:
    """Train for a while, and then far ahead of where the layer's own counters have come."""
    held = map(as_tf_variable, trainer.non_trainable_weights)
    before = [(one, one.numpy()) for one in held if one.shape.rank == 0]
    with suppress(Exception):
        trainer.fit(batch.repeat(FURTHER), shuffle=False, verbose=0)
        counters = [one for one, value in before if one.numpy() - value == FURTHER]
        for counter in counters:
            counter.assign(tf.cast(AHEAD, counter.dtype))
        if counters:
            trainer.fit(batch, shuffle=False, verbose=0)


def _moved(watched: Mapping[str, Any], before: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the weights that are no longer what they were."""
    return frozenset(
        name for name, weight in watched.items() if not np.array_equal(weight.numpy(), before[name])
    )


def losses_take(returned: Any) -> int:
    """Return how many of the tensors that a layer returned a loss takes.

    Raises ``Skipped`` where there are none, and where there are others than dense ones.
    """
    for leaf in tf.nest.flatten(returned):
        if isinstance(leaf, tf.__internal__.CompositeTensor) and not hasattr(leaf, "assign"):
            raise Skipped(f"it returns a {type(leaf).__name__}, which no loss takes")
    count = len(_float_tensors(returned))
    if not count:
        raise Skipped("it returns no floating-point tensor with a batch, so no loss takes it")
    return count


def _rows(model: LayerModel, outputs: int, count: int) -> Any:
    arrays = [np.take(array, np.arange(count) % len(array), axis=0) for array in model.arrays]
    targets = [np.zeros((count, 1), "float32") for _ in range(outputs)]
    return tuple(tuple(part) if len(part) > 1 else part[0] for part in (arrays, targets))


def _float_tensors(returned: Any) -> list[Any]:
    leaves = [as_tf_variable(leaf) for leaf in tf.nest.flatten(returned)]
    tensors = [leaf for leaf in leaves if isinstance(leaf, (tf.Tensor, tf.Variable))]
    return [leaf for leaf in tensors if leaf.dtype.is_floating and leaf.shape.rank != 0]


def _loss(target: Any, output: Any) -> Any:
    """Return the mean of the squares; this way it has a gradient of few operations."""
    del target
    return tf.nn.l2_loss(output) * (2.0 / tf.cast(tf.size(output), output.dtype))


@functools.cache
def _trainer_class(keras: Any) -> Any:
    class Trainer(keras.Model):  # type: ignore[misc]
        """A model with another one in its midst.

        It trains a shift of the outputs and, ``behind_trained``, of the inputs, which is 0 and
        stays so: so gradients go all the way through, as they do in a network, and there is
        something to train whatever is in the midst.
        """

        def __init__(self, inner: Any, behind_trained: bool = True) -> None:
            super().__init__(name="trainer")
            self.inner = inner
            self.behind_trained = behind_trained
            self.shift = self.add_weight(name="shift", shape=(), initializer="zeros")

        def build(self, input_shape: Any) -> None:
            """Leave the building to the model in the midst: it is built when it is called."""

        def call(self, inputs: Any, training: Any = None) -> Any:
            self.graph = tf.compat.v1.get_default_graph()
            shift = tf.convert_to_tensor(self.shift)
            shift -= tf.stop_gradient(shift)
            several = inputs if isinstance(inputs, (list, tuple)) else [inputs]
            if self.behind_trained:
                several = [
                    x + tf.cast(shift, x.dtype) if x.dtype.is_floating else x for x in several
                ]
            returned = self.inner(several if len(several) > 1 else several[0], training=training)
            shifted = [x + tf.cast(shift, x.dtype) for x in _float_tensors(returned)]
            return shifted if len(shifted) > 1 else shifted[0]

    return Trainer
