"""LD201: a trainable weight that nothing reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import container, grouped, is_lost
from layerdoctor.stages import Stage
from layerdoctor.wording import counted, listed

if TYPE_CHECKING:
    from layerdoctor.facts import IdleLayer, LayerFacts, Weight


def check(facts: LayerFacts) -> Iterator[Problem]:
    unused = [
        weight
        for weight in facts.weights
        if weight.trainable and is_lost(weight.gradient, "unused")
    ]
    untaken = [weight for weight in unused if weight.gradient.condition]
    for group in grouped(untaken, key=lambda weight: weight.gradient.condition):
        yield in_a_branch(group)
    never = [weight for weight in unused if not weight.gradient.condition]
    kept = {name for constant in facts.constants for name in constant.derived_from}
    shared = layers_read(facts.weights, kept)
    idle = [weight for weight in never if weight.owner_called is False]
    for group in grouped(idle, key=lambda weight: weight.owner):
        if group[0].owner not in shared:
            yield idle_sublayer(group)
        elif rest := [weight for weight in group if weight.attribute not in kept]:
            yield rest_of(rest)
    for weight in never:
        if weight.owner_called is not False:
            yield Problem(
                weight.attribute,
                f"the trainable weight `{weight.attribute}` is {never_read(weight)}",
                at=weight.location,
                help=f"use `{weight.attribute}` in `call`, or do not create it",
            )

    for layers in grouped(facts.idle_layers, key=lambda layer: (layer.location, *holder(layer))):
        yield unbuilt(layers)


def holder(layer: IdleLayer) -> tuple[str, bool]:
    """What holds it, and whether that holds layers that are called."""
    return container(layer.attribute), bool(layer.called_beside)


def unbuilt(layers: list[IdleLayer]) -> Problem:
    """Sub-layers that no weight stands for, for none was ever made."""
    names = tuple(layer.attribute for layer in layers)
    beside = layers[0].called_beside
    are, they, have = ("is", "it is", "has") if len(names) == 1 else ("are", "they are", "have")
    though = f", though {listed(beside)} {'is' if len(beside) == 1 else 'are'}" if beside else ""
    return Problem(
        names[0],
        f"{listed(names)} {are} never called{though}: {they} never built, and {have} no weights",
        at=layers[0].location,
        help=BOUND if beside else f"call `{names[0]}` in `call`, or do not create it",
        severity=None if beside and not layers[0].named else Severity.NOTE,
        about=names,
    )


BOUND = (
    "call each of them: `zip` ends with the shorter of two lists, and a lambda made in a loop sees "
    "the loop's last item unless it is bound, `lambda x, layer=layer: layer(x)`"
)


def layers_read(weights: Iterable[Weight], kept: Collection[str]) -> set[str]:
    """The layers handed in that are not called, and of which some weight is read all the same.

    Of those that are ``kept`` a tensor was computed before the call.
    """
    return {
        weight.owner
        for weight in weights
        if weight.given
        and weight.owner_called is False
        and (weight.attribute in kept or weight.gradient.cause != "unused")
    }


def rest_of(group: list[Weight]) -> Problem:
    """What a layer that shares some weights of another leaves to that."""
    owner, names = group[0].owner, tuple(weight.attribute for weight in group)
    are = "is" if len(group) == 1 else "are"
    return Problem(
        owner,
        f"{listed(names)} {are} never read: of `{owner}`, which was handed in and is not called, "
        "other weights are",
        at=group[0].owner_location or group[0].location,
        help=f"nothing, if `{owner}` is called elsewhere in the model",
        severity=Severity.NOTE,
        about=names,
    )


def in_a_branch(group: list[Weight]) -> Problem:
    names = tuple(weight.attribute for weight in group)
    are = "is" if len(group) == 1 else "are"
    gradient = group[0].gradient
    line = gradient.condition.line if gradient.condition else None
    message = (
        f"{listed(names)} {are} read only under the condition on line {line}, which no input tried "
        "took"
    )
    help_ = f"say inputs that take it, or see that line {line} can be true"
    if gradient.awaits:
        message += f": the argument `{gradient.awaits}` was left out"
        help_ = (
            f"give it, with `--input {gradient.awaits}=SHAPE` or `--call {gradient.awaits}=VALUE`"
        )
    return Problem(
        names[0],
        message,
        at=gradient.condition,
        help=help_,
        severity=Severity.NOTE,
        about=names,
    )


def never_read(weight: Weight) -> str:
    gradient = weight.gradient
    if gradient.modes:
        return "read in inference only: nothing trains it"
    if gradient.op is None:
        return "never read"
    line = f" on line {gradient.location.line}" if gradient.location else ""
    return f"read for its shape alone, by `{gradient.op}`{line}: its value is never used"


def idle_sublayer(group: list[Weight]) -> Problem:
    owner = group[0].owner
    names = listed(weight.name for weight in group)
    are = "is" if len(group) == 1 else "are"
    return Problem(
        owner,
        f"the sub-layer `{owner}` is never called, so its "
        f"{counted(len(group), 'trainable weight')} {names} {are} never read",
        at=group[0].owner_location or group[0].location,
        help=f"call `{owner}` in `call`, or do not create it",
        about=tuple(weight.attribute for weight in group),
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """An affine map."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))
        self.bias = self.add_weight(name="bias", shape=(3,), initializer="zeros")

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """An affine map."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))
        self.bias = self.add_weight(name="bias", shape=(3,), initializer="zeros")

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel) + self.bias
'''

RULE = Rule(
    code="LD201",
    name="unused-weight",
    severity=Severity.WARNING,
    needs=Stage.GRADIENT,
    summary="a trainable weight is never read by the forward pass",
    why=(
        "The weight is created, counted and saved, and the output does not depend on it. Its "
        "gradient is None, so `fit` warns at best and the weight keeps its start value. Mostly "
        "a term was forgotten in `call`, or a branch that is never taken was meant to be."
    ),
    help="use the weight in `call`, or do not create it",
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
