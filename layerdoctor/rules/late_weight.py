"""LD107: weights that appear with the first call only."""

from __future__ import annotations

from collections.abc import Iterator

from layerdoctor.facts import LayerFacts, Weight
from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import grouped
from layerdoctor.rules.wording import listed


def check(facts: LayerFacts) -> Iterator[Problem]:
    if not facts.builds_itself:
        return
    late = [weight for weight in facts.weights if weight.created_in == "call"]
    for group in grouped(late, key=lambda weight: (weight.owner, weight.location)):
        yield late_sublayer(group) if group[0].owner != "self" else late_own(group)


def late_own(group: list[Weight]) -> Problem:
    names = tuple(weight.attribute for weight in group)
    exist = "exists" if len(group) == 1 else "exist"
    return Problem(
        names[0],
        f"{listed(names)} {exist} only after the first call, although `build` ran",
        at=group[0].location,
        help=f"create it in `build`: `{names[0]} = self.add_weight(...)`",
        about=names,
    )


def late_sublayer(group: list[Weight]) -> Problem:
    owner = group[0].owner
    exist = "exists" if len(group) == 1 else "exist"
    return Problem(
        owner,
        f"{listed(weight.name for weight in group)} of `{owner}` {exist} only after the first "
        "call, although `build` ran",
        at=group[0].location,
        help=f"build it in `build`, with the shape of its input: `{owner}.build(input_shape)`",
        about=tuple(weight.attribute for weight in group),
    )


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Adds a gated dense branch."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.branch = None

    def build(self, input_shape):
        width = input_shape[-1]
        self.gate = self.add_weight(name="gate", shape=(width,), initializer="ones")
        self.branch = keras.layers.Dense(width)

    def call(self, inputs):
        return inputs + self.gate * self.branch(inputs)
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Adds a gated dense branch."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.branch = None

    def build(self, input_shape):
        width = input_shape[-1]
        self.gate = self.add_weight(name="gate", shape=(width,), initializer="ones")
        self.branch = keras.layers.Dense(width)
        self.branch.build(input_shape)

    def call(self, inputs):
        return inputs + self.gate * self.branch(inputs)
'''

RULE = Rule(
    code="LD107",
    name="late-weight",
    severity=Severity.WARNING,
    summary="weights exist only after the first call, although `build` ran",
    why=(
        "Keras takes a layer whose `build` has run for complete. When a model is loaded, it "
        "builds the layer and restores the weights that exist by then; the late ones are "
        "missing, so loading raises or leaves them at their start values. An optimizer built "
        "before the first call misses them as well."
    ),
    help="let `build` build every sub-layer: `self.branch.build(input_shape)`",
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
