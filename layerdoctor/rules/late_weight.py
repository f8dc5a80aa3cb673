"""LD107: weights that appear with the first call only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches, class_line
from layerdoctor.stages import Stage
from layerdoctor.wording import listed, told

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts, Location, Weight


def check(facts: LayerFacts) -> Iterator[Problem]:
    """One finding a layer: one `build` forgets them all."""
    late = [weight for weight in facts.weights if weight.created_in == "call"]
    late = late if facts.builds_itself else []
    harm = next(breaches(facts, "state", "unbuilt"), None)
    if not late and harm is None:
        return
    names = late_names(late) or (unbuilt(harm) if harm else [])
    exist = "exists" if len(names) == 1 else "exist"
    them = "it" if len(names) == 1 else "them"
    then = consequence(harm, them) if harm else "although `build` ran"
    yield Problem(
        names[0],
        f"{listed(names)} {exist} only after the first call, {then}",
        at=(harm.location if harm else None) or (place(late[0]) if late else class_line(facts)),
        help=remedy(late) or (without_build(harm) if harm else None),
        severity=Severity.ERROR if harm else Severity.NOTE,
        about=(*names, *(w.owner for w in late), *(w.attribute for w in late)),
    )


def late_names(late: list[Weight]) -> list[str]:
    """The attributes that `build` forgets: own weights, and what holds the others."""
    names = (w.attribute if w.owner == "self" else held_in(w.owner) for w in late)
    return list(dict.fromkeys(names))


def held_in(owner: str) -> str:
    """The attribute of the layer itself that something lies in."""
    return re.sub(r"^(self\.\w+).*$", r"\1", owner)


def place(weight: Weight) -> Location | None:
    """The line that has to build the sub-layer, or that is the first to do so."""
    return weight.owner_location or weight.location


def consequence(harm: Breach, them: str) -> str:
    model = "a saved model" if harm.model == "itself" else f"a saved {harm.model} model"
    if harm.failure is None:
        start = "its start values" if them == "it" else "their start values"
        return f"so that loading {model} leaves {them} at {start}, without a word"
    why = f"; `{harm.op}` keeps Keras from calling it before" if harm.op else ""
    return f"so that loading {model} raises {told(harm.failure)}{why}"


def remedy(late: list[Weight]) -> str | None:
    own = [weight.attribute for weight in late if weight.owner == "self"]
    if own:
        return f"create it in `build`: `{own[0]} = self.add_weight(...)`"
    return built([weight.owner for weight in late]) if late else None


def unbuilt(harm: Breach) -> list[str]:
    """The attributes that a load finds unbuilt."""
    return list(dict.fromkeys(map(held_in, harm.subjects or [harm.subject or "self"])))


def without_build(harm: Breach) -> str | None:
    """The remedy for a layer that has no ``build``, and that Keras has no reason to call."""
    if harm.subject is None or harm.op is None:
        return None
    return (
        f"add a `build` that builds {listed(unbuilt(harm))}, or remove `{harm.op}`: Keras then "
        "calls the layer to learn its output, which builds them"
    )


def built(owners: list[str]) -> str:
    """The remedy: what the layer itself holds is for it to build, what is inside builds on that."""
    own = dict.fromkeys(map(held_in, owners))
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

    def compute_output_shape(self, input_shape):
        return input_shape
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

    def compute_output_shape(self, input_shape):
        return input_shape
'''

RULE = Rule(
    code="LD107",
    name="late-weight",
    severity=Severity.ERROR,
    needs=Stage.CALL,
    summary="weights exist only after the first call, although `build` ran",
    why=(
        "Keras takes a layer whose `build` has run for complete. When a model is loaded, it "
        "builds the layer and restores the weights that exist by then. Often it calls the layer "
        "before that, to learn the shape of its output, and all is well: then this is a note. It "
        "is an error where a model was saved and loaded, and the late weights were missing: where "
        "the layer has a `compute_output_shape`, or is a model with a `build` of its own, nothing "
        "calls it. Loading raises, or leaves them at their start values."
    ),
    help="let `build` build every sub-layer: `self.branch.build(input_shape)`",
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
