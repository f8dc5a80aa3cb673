"""LD511: a constructor that takes any argument and ignores what every layer takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, class_line
from layerdoctor.wording import listed

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for breach in breaches(facts, "constructor", "swallowed"):
        names = (breach.received or "").split(", ")
        message = f"`__init__` takes `**kwargs` and ignores {listed(names)} in them"
        yield Problem("**kwargs", message, at=breach.location or class_line(facts))


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Learns a gain."""

    def __init__(self, start="ones", **kwargs):
        super().__init__()
        self.start = start

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(), initializer=self.start)

    def call(self, inputs):
        return inputs * self.gain
'''

GOOD = BAD.replace("super().__init__()", "super().__init__(**kwargs)")

RULE = Rule(
    code="LD511",
    name="swallowed-kwargs",
    severity=Severity.WARNING,
    needs="constructor",
    summary="the constructor takes `**kwargs` and ignores `name`, `dtype` or `trainable` in them",
    why=(
        "Every layer of Keras can be given a name, a type and whether it trains, and a layer that "
        "is loaded is given them again. A constructor that takes them in and does not hand them "
        "on ignores them without a word: `trainable=False` trains, `dtype` changes nothing, and a "
        "saved model comes back with other names than it had."
    ),
    help="hand them on: `super().__init__(**kwargs)`",
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
