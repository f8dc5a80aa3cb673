"""LD106: a tensor computed once from weights that go on changing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import without_value
from layerdoctor.stages import Stage
from layerdoctor.wording import listed

if TYPE_CHECKING:
    from layerdoctor.facts import Constant, LayerFacts

WHERE = {"build": "`build`", "call": "the first call"}


def check(facts: LayerFacts) -> Iterator[Problem]:
    for constant in facts.constants:
        kept = constant.used or (constant.used is None and constant.created_in != "call")
        kept = kept or constant.gradient.status == "flows"  # in the losses that `call` adds
        if constant.derived_from and kept:
            weights = listed(constant.derived_from)
            parts = (other.name for other in facts.constants if is_part(other, constant))
            where = WHERE.get(constant.created_in or "", "`__init__`")
            yield Problem(
                constant.name,
                f"`{constant.name}` is computed once from {weights} in {where}: it does not "
                "follow the weight, and no gradient passes through it"
                f"{without_value(facts, constant.name)}",
                at=constant.location,
                help=remedy(facts, where),
                about=(*constant.derived_from, *parts),
            )


def remedy(facts: LayerFacts, where: str) -> str:
    call = "`__call__`" if facts.framework == "tf.Module" else "`call`"
    if where == WHERE["call"]:
        return "compute it in every call, so that it follows the present weights"
    return (
        f"move the computation from {where} into {call}, so that it runs with the present weights"
    )


def is_part(other: Constant, constant: Constant) -> bool:
    """Whether one line made both as members of one attribute, as of a sparse tensor."""
    holder = constant.name.rpartition(".")[0]
    return (
        other.location == constant.location
        and holder not in ("", "self")
        and other.name.startswith(f"{holder}.")
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects onto directions of length one."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))
        self.unit = tf.math.l2_normalize(self.kernel, axis=0)

    def call(self, inputs):
        return tf.matmul(inputs, tf.cast(self.unit, inputs.dtype))
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Projects onto directions of length one."""

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], 3))

    def call(self, inputs):
        unit = tf.math.l2_normalize(self.kernel, axis=0)
        return tf.matmul(inputs, unit)
'''

RULE = Rule(
    code="LD106",
    name="stale-tensor",
    severity=Severity.ERROR,
    needs=Stage.GRADIENT,
    summary="a tensor is computed from weights in `__init__` or `build` and kept",
    why=(
        "The kept tensor holds the start values of the weights for ever. An optimizer or a "
        "loaded checkpoint changes the weights and not the tensor, and as it was computed "
        "outside the forward pass, no gradient reaches the weights through it. The layer seems "
        "to work and learns nothing there."
    ),
    help="move the computation from `build` into `call`, so that it runs with the present weights",
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    covers=("LD103", "LD104", "LD201", "LD202", "LD203", "LD210", "LD402", "LD502"),
    covers_all=("LD405", "LD505"),
)
