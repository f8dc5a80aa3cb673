"""LD405: a layer that is called and differentiated without complaint, and fails in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import (
    breaches,
    is_lost,
    leaks_that_raise,
    makes_them_at,
    same_line,
)
from layerdoctor.wording import told

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, BreachKind, LayerFacts

MODELS: dict[BreachKind, str] = {
    "functional-fit": "a functional model around the layer",
    "subclassed-fit": "a subclassed model that holds the layer",
}


def check(facts: LayerFacts) -> Iterator[Problem]:
    if facts.failures or any(leaks_that_raise(facts)):
        return
    found = [each for each in breaches(facts, "training", *MODELS) if not explained(facts, each)]
    for breach in found[:1]:
        alike = all(same(breach, other) for other in found)
        models = [MODELS[each.kind] for each in found if same(breach, each)]
        where = " and of ".join(models) if alike else MODELS[breach.kind]
        behind = " where a layer before it is trained" if breach.only_behind_trained else ""
        raised = f"{told(breach.failure)}{from_where(breach)}"
        message = f"`fit` of {where} fails{behind}: {raised}"
        yield Problem(breach.subject, message, at=breach.location, help=remedy(breach))
    yield from own_step(facts)


def from_where(breach: Breach) -> str:
    return f"; from `{breach.op}` on, the number of axes is unknown" if breach.op else ""


def remedy(breach: Breach) -> str | None:
    if breach.op == "Squeeze":
        return "name the axis that goes, `tf.squeeze(x, axis=-1)`: a batch of unknown size may be 1"
    if breach.op is not None:
        return "say the shape of the result: `result.set_shape(inputs.shape)`"
    if breach.subject is None:
        return None
    return (
        f"make `{breach.subject}` in `__init__`: `build` runs in a graph where a subclassed model "
        "builds the layer, and a tensor that is made and kept there has no value"
    )


def own_step(facts: LayerFacts) -> Iterator[Problem]:
    for breach in breaches(facts, "training", "own-step"):
        yield Problem(
            None,
            "the model's own `train_step` raises, once compiled with an optimizer and a loss: "
            f"{told(breach.failure)}",
            at=breach.location,
            help="make it in `__init__` or `compile`, or take what Keras has: `self.optimizer`, "
            "`self.compute_loss(x, y, y_pred)`",
            severity=Severity.NOTE,
        )
    for breach in breaches(facts, "training", "idle-step"):
        yield Problem(
            None,
            "the model's own `train_step` moves no trainable weight in several steps",
            at=breach.location,
            help="apply the gradients: "
            "`self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))`",
            severity=Severity.NOTE,
        )


def explained(facts: LayerFacts, breach: Breach) -> bool:
    """Whether another check has met it: on the same line or, where no line is known, at all.

    Where a value leaves TensorFlow, it is the way back through it that fails on no line.
    """
    failure = breach.failure
    if failure is None or failure.kind != "raised" or makes_them_at(facts, failure.location):
        return True
    others = [
        *breaches(facts, "graph", "eager-only"),
        *breaches(facts, "symbolic", "raised"),
        *breaches(facts, "batch_size", "raised", "shape"),
    ]
    if failure.location is None:
        return bool(others) or any(
            weight.trainable and is_lost(weight.gradient, "left-tensorflow")
            for weight in facts.weights
        )
    return any(same(breach, other) for other in others)


def same(one: Breach, other: Breach) -> bool:
    if one.failure is None or other.failure is None:
        return False
    if one.failure.location is None or other.failure.location is None:
        return told(one.failure) == told(other.failure)
    return same_line(one.failure.location, other.failure.location)


BAD = '''\
import keras
import tensorflow as tf


class Ball(keras.constraints.Constraint):
    """Keeps a weight within a ball."""

    def __call__(self, weight):
        size = tf.sqrt(tf.reduce_sum(tf.square(weight)))
        if size > 2.0:
            return weight * 2.0 / size
        return weight


class Example(keras.layers.Layer):
    """Scales the features by a bounded gain."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], constraint=Ball())

    def call(self, inputs):
        return inputs * self.gain
'''

GOOD = '''\
import keras
import tensorflow as tf


@keras.saving.register_keras_serializable()
class Ball(keras.constraints.Constraint):
    """Keeps a weight within a ball."""

    def __call__(self, weight):
        size = tf.sqrt(tf.reduce_sum(tf.square(weight)))
        return weight * 2.0 / tf.maximum(size, 2.0)


class Example(keras.layers.Layer):
    """Scales the features by a bounded gain."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], constraint=Ball())

    def call(self, inputs):
        return inputs * self.gain
'''

RULE = Rule(
    code="LD405",
    name="fit-error",
    severity=Severity.ERROR,
    needs="training",
    summary="a real training step fails, although call and gradient work",
    why=(
        "Some code runs in `fit` alone: constraints and regularizers, the losses that `call` "
        "adds, custom gradients as a graph takes them, and `call` itself for an unknown number "
        "of rows. A subclassed model moreover builds the layer inside a graph. The layer answers "
        "when it is called by hand, and raises when the training begins."
    ),
    help=(
        "write what runs in the training step with operations on tensors: `ops.where` or "
        "`ops.maximum` for a Python `if`, `tf.shape(x)[0]` for the number of rows"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
