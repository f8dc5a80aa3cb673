"""LD101: a variable that is none of the layer's weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import container, grouped
from layerdoctor.rules.untracked_layer import is_told
from layerdoctor.stages import Stage
from layerdoctor.wording import framework, weight_code

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts, UntrackedVariable


def check(facts: LayerFacts) -> Iterator[Problem]:
    tracker = framework(facts.framework)
    hidden = [f"{layer.attribute}." for layer in facts.untracked_layers if is_told(layer)]
    held = (
        variable
        for variable in facts.untracked_variables
        if is_part_of_layer(variable) and not variable.attribute.startswith(tuple(hidden))
        if variable.made_by is None
    )
    for group in grouped(held, key=lambda one: (container(one.attribute), one.location)):
        first = group[0]
        subject = first.attribute if len(group) == 1 else container(first.attribute)
        what = f"is a {first.kind}" if len(group) == 1 else f"holds {len(group)} {first.kind}s"
        given = all(variable.given for variable in group)
        origin = ", handed in by the caller," if given else ""
        yield Problem(
            subject,
            f"`{subject}` {what}{origin} that {tracker} does not track, so {consequence(group)}",
            at=first.location,
            help=remedy(facts, first),
            severity=Severity.NOTE if given else None,
            about=tuple(variable.attribute for variable in group),
        )


def is_part_of_layer(variable: UntrackedVariable) -> bool:
    return variable.used is not False or variable.holder not in ("closure", "global")


def consequence(group: list[UntrackedVariable]) -> str:
    it, is_ = ("it", "is") if len(group) == 1 else ("they", "are")
    if any(variable.trainable for variable in group):
        return f"{it} {is_} neither trained nor saved"
    return f"{it} {is_} not saved"


def remedy(facts: LayerFacts, variable: UntrackedVariable) -> str:
    if facts.framework == "tf.Module":
        return "hold it in an attribute of the module itself"
    return f"create it with {weight_code(facts, variable)}"


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Scales every feature by a learned gain."""

    def __init__(self, width=5, **kwargs):
        super().__init__(**kwargs)
        self.gain = tf.Variable(tf.ones(width), name="gain")

    def call(self, inputs):
        return inputs * tf.cast(self.gain, inputs.dtype)
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales every feature by a learned gain."""

    def build(self, input_shape):
        self.gain = self.add_weight(
            name="gain", shape=input_shape[-1:], initializer="ones"
        )

    def call(self, inputs):
        return inputs * self.gain
'''

RULE = Rule(
    code="LD101",
    name="untracked-variable",
    severity=Severity.ERROR,
    needs=Stage.CALL,
    summary="a variable that the layer uses or holds is none of its weights",
    why=(
        "The layer computes with the variable, but `layer.weights` lacks it. So no optimizer "
        "moves it, no checkpoint and no `.keras` file holds it, and `layer.trainable = False` "
        "does not freeze it; nothing raises. Keras 3 tracks what `add_weight` makes and every "
        "`keras.Variable` set as an attribute or in a list or dictionary of the layer. It does "
        "not track a `tf.Variable`, nor what is held by a helper object, a closure or a module."
    ),
    help=(
        'create it with `self.gain = self.add_weight(name="gain", shape=(width,), '
        'initializer="ones")`; add `trainable=False` for state that is not trained'
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers=("LD502",),
    covers_all=("LD505",),
)
