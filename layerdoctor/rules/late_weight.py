"""LD107: weights that appear with the first call only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerdoctor.facts import LayerFacts, Location, Stage, Weight
from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import container, grouped
from layerdoctor.wording import listed


def check(facts: LayerFacts) -> Iterator[Problem]:
    if not facts.builds_itself:
        return
    late = [weight for weight in facts.weights if weight.created_in == "call"]
    own = [weight for weight in late if weight.owner == "self"]
    others = [weight for weight in late if weight.owner != "self"]
    for group in grouped(own, key=lambda weight: weight.location):
        yield late_own(group)
    for group in grouped(others, key=lambda weight: place(weight) or weight.owner):
        yield late_sublayers(group)


def place(weight: Weight) -> Location | None:
    """The line that has to build the sub-layer, or that is the first to do so."""
    return weight.owner_location or weight.location


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


def late_sublayers(group: list[Weight]) -> Problem:
    owners = list(dict.fromkeys(weight.owner for weight in group))
    holders = {container(owner) for owner in owners}
    exist = "exists" if len(group) == 1 else "exist"
    weights = listed(weight.name for weight in group) if len(owners) == 1 else "the weights"
    return Problem(
        owners[0] if len(owners) == 1 or len(holders) > 1 else holders.pop(),
        f"{weights} of {listed(owners)} {exist} only after the first call, although `build` ran",
        at=place(group[0]),
        help=built(owners),
        about=(*owners, *(weight.attribute for weight in group)),
    )


def built(owners: list[str]) -> str:
    """The remedy: what the layer itself holds is for it to build, what is inside builds on that."""
    own = dict.fromkeys(re.sub(r"^(self\.\w+).*$", r"\1", owner) for owner in owners)
    inputs = "its input" if len(own) == 1 else "their inputs"
    return f"build {listed(own)} in `build`, with the shape of {inputs} in the first call"


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
    needs=Stage.CALL,
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
