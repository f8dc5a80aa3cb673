"""LD506: an inference that is not the same twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, leaks_that_raise, makes_variables
from layerdoctor.wording import by_how_much

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    known = (
        any(breaches(facts, "graph", "mismatch"))
        or any(leaks_that_raise(facts))
        or makes_variables(facts.growth)
    )
    for breach in breaches(facts, "determinism", "differs"):
        if breach.op or not known:
            yield Problem(breach.subject, message(breach), at=breach.location)
    for breach in breaches(facts, "determinism", "random"):
        words = f"{message(breach)}, from a generator that the layer holds"
        severity = Severity.NOTE
        yield Problem(breach.subject, words, breach.location, help=MEANT, severity=severity)


def message(breach: Breach) -> str:
    draw = f": `{breach.op}` draws anew in each" if breach.op else ""
    return f"two calls with the same input and `training=False` differ{by_how_much(breach)}{draw}"


MEANT = "nothing, if it is meant; else draw only `if training:`, and hand `training` on to dropout"


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Drops features at random."""

    def __init__(self, rate=0.3, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs):
        return tf.nn.dropout(inputs, self.rate)
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Drops features at random while training."""

    def __init__(self, rate=0.3, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.dropout = keras.layers.Dropout(rate)

    def call(self, inputs, training=False):
        return self.dropout(inputs, training=training)
'''

RULE = Rule(
    code="LD506",
    name="nondeterministic-inference",
    severity=Severity.WARNING,
    needs="determinism",
    summary="two calls with `training=False` and the same input differ",
    why=(
        "Noise that was meant for the training is also there in `predict`, so the same row gets "
        "another answer each time, and the metrics of the validation are worse than the model. "
        "If the layer is random by design, a seed generator says so, and makes its draws "
        "repeatable."
    ),
    help=(
        "take `training` in `call` and draw only `if training:`; draw with `keras.random` and "
        "`seed=self.seed_generator`, a `keras.random.SeedGenerator` made in `__init__`"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
    help_for_module=(
        "take `training` in `__call__` and draw only `if training:`; draw with "
        "`self.generator.normal(...)`, a `tf.random.Generator` made in `__init__`"
    ),
    covers=("LD502",),
)
