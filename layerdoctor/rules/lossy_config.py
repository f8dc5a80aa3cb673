"""LD501: a constructor argument that the config loses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import adds_state, breaches, class_line, grouped
from layerdoctor.wording import by_how_much, listed, told

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts, Location

WITHOUT_KWARGS = (
    "take `**kwargs` in `__init__` and hand them on with `super().__init__(**kwargs)`: Keras "
    "passes `name`, `trainable` and `dtype` when it loads the layer"
)

OWN_NAME = (
    "register it under a name of its own: "
    '`@keras.saving.register_keras_serializable(package="...", name="...")`'
)


def check(facts: LayerFacts) -> Iterator[Problem]:
    for group in grouped(breaches(facts, "config", "dropped"), key=lambda one: one.location):
        yield dropped(facts, group)
    for breach in breaches(facts, "config", "claimed"):
        yield Problem(None, claimed(breach), at=class_line(facts), help=OWN_NAME)
    for breach in breaches(facts, "config", "changed", "refused"):
        argument = breach.subject
        yield Problem(
            argument,
            message(breach),
            at=breach.location or class_line(facts),
            help=remedy(breach),
            severity=Severity.WARNING if breach.kind == "refused" else None,
            about=(f"self.{argument}",) if argument else (),
            shared=place(breach.location) if breach.kind == "changed" else None,
        )


def place(location: Location | None) -> str | None:
    """The line of a config: what one line changes is one defect."""
    return f"{location.file}:{location.line}" if location else None


def claimed(breach: Breach) -> str:
    return (
        f"`{breach.expected}`, under which the class is saved, is registered for "
        f"`{breach.received}` too: loading makes a layer of that class"
    )


OF_EVERY_LAYER = ("trainable", "dtype")
"""What the base class puts into the config of every layer."""

FROM_THE_BASE = "begin with what the base class returns: `return {**super().get_config(), ...}`"


def dropped(facts: LayerFacts, group: list[Breach]) -> Problem:
    """One config that leaves out several arguments is one defect."""
    names = [breach.subject or "" for breach in group]
    if set(names).issubset(OF_EVERY_LAYER):
        return without_base(facts, group)
    became = ", ".join(map(fate, group))
    those = "argument" if len(names) == 1 else "arguments"
    return Problem(
        names[0],
        f"`get_config` drops the {those} {listed(names)}: {became}, and {consequence(group[0])}",
        at=group[0].location or class_line(facts),
        help=kept(group),
        about=tuple(name for each in names for name in (each, f"self.{each}")),
    )


def without_base(facts: LayerFacts, group: list[Breach]) -> Problem:
    """A config that has the layer's own arguments, and none that every layer is given."""
    names = [breach.subject or "" for breach in group]
    thaws = "trainable" in names
    then = ": once loaded, a frozen layer trains again" if thaws else ""
    return Problem(
        names[0],
        f"`get_config` leaves out {listed(names)}, which every layer has"
        f"{then}; {', '.join(map(fate, group))}",
        at=group[0].location or class_line(facts),
        help=FROM_THE_BASE,
        severity=Severity.WARNING if thaws else Severity.NOTE,
        about=tuple(names),
    )


def kept(group: list[Breach]) -> str:
    """The remedy, as code where the layer keeps every argument as it was given."""
    group = [breach for breach in group if breach.subject not in OF_EVERY_LAYER]
    if any(breach.attribute is None for breach in group):
        lost = listed(breach.subject or "" for breach in group if breach.attribute is None)
        return (
            f"keep {lost} as given in an attribute, in `__init__`, and return it from `get_config` "
            "under the name of the argument, beside what `super().get_config()` returns"
        )
    own = ", ".join(f'"{breach.subject}": {breach.attribute}' for breach in group)
    return f"add it to `get_config`: `return {{**super().get_config(), {own}}}`"


def fate(breach: Breach) -> str:
    if breach.tried:
        return f"with `{breach.tried}` it comes back as {breach.received}"
    return f"{breach.expected} became {breach.received}"


def consequence(breach: Breach) -> str:
    """What the layer that comes out of the config is like."""
    if breach.effect == "raises":
        return f"the rebuilt layer raises {told(breach.failure)}"
    if breach.effect == "weights":
        return "the rebuilt layer has other weights"
    if breach.effect == "losses":
        return f"what the rebuilt layer adds to the loss differs{by_how_much(breach)}"
    return f"the output of the rebuilt layer differs{by_how_much(breach)}"


def message(breach: Breach) -> str:
    argument = f"the argument `{breach.subject}`"
    if breach.kind == "refused":
        through = f", with `{breach.tried}`" if breach.tried else ""
        through = through or (f", for {argument}" if breach.subject else "")
        return f"saving and loading the layer raises {told(breach.failure)}{through}"
    tried = f", with `{breach.tried}`" if breach.tried else ""
    return (
        f"{argument} does not come back from `get_config` and `from_config`: "
        f"it was {breach.expected} and is now {breach.received}{tried}, and {consequence(breach)}"
    )


def remedy(breach: Breach) -> str | None:
    if breach.kind == "changed":
        return unchanged(breach)
    message = breach.failure.message if breach.failure else ""
    if twice := re.search(r"multiple values for keyword argument '(\w+)'", message):
        return (
            f"the config holds `{twice[1]}`: let what is loaded take the place of yours, "
            f'`kwargs.setdefault("{twice[1]}", ...)`, then `super().__init__(**kwargs)`'
        )
    if re.search(REFUSED, message):
        return superfluous(breach) if breach.subject else WITHOUT_KWARGS
    if breach.subject and UNTOLD.search(message):
        return f"return it from `get_config`: {returned(breach.subject)}"
    return None


REFUSED = "unexpected keyword argument|nrecognized keyword argument"
"""What a constructor raises of an argument that it does not take."""


UNTOLD = re.compile(r"missing \d+ required|must override `get_config")
"""What is raised where the config lacks an argument: by a constructor, or by Keras itself."""


def superfluous(breach: Breach) -> str:
    """The remedy for an entry of the config that is none of the constructor's."""
    return (
        f"take `{breach.subject}` out of what `get_config` returns, or into `__init__`: the "
        "constructor is given every entry of the config"
    )


def returned(argument: str) -> str:
    """A ``get_config`` that returns an argument as it was given."""
    return (
        f'`{{**super().get_config(), "{argument}": self.{argument}}}`, with `self.{argument}` as '
        "it was given; an object goes through `keras.saving.serialize_keras_object(...)`, an "
        "array becomes a list"
    )


def unchanged(breach: Breach) -> str:
    """The remedy for an argument that comes back as something else."""
    if breach.failure and adds_state(breach.failure):
        part = f"self.{breach.subject}"
        return (
            f"a layer comes out of its config built: `if not {part}.built:` before the line that "
            "builds it"
        )
    if (breach.received or "").startswith("the config of"):
        own = f'config["{breach.subject}"]'
        return (
            "make it of its config again, in `from_config`: "
            f"`{own} = keras.saving.deserialize_keras_object({own})`; a lambda does not load"
        )
    return (
        "return it from `get_config` as it was given, and hand it on in `from_config`, "
        "`return cls(**config)`; JSON makes lists of tuples, so take both in `__init__`"
    )


BAD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Lets a share of the negative values through."""

    def __init__(self, slope=0.1, **kwargs):
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, inputs):
        return tf.maximum(inputs, self.slope * inputs)

    def get_config(self):
        return super().get_config()
'''

GOOD = '''\
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Lets a share of the negative values through."""

    def __init__(self, slope=0.1, **kwargs):
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, inputs):
        return tf.maximum(inputs, self.slope * inputs)

    def get_config(self):
        return {**super().get_config(), "slope": self.slope}
'''

RULE = Rule(
    code="LD501",
    name="lossy-config",
    severity=Severity.ERROR,
    needs="config",
    summary="a constructor argument is lost on the way through `get_config` and `from_config`",
    why=(
        "A saved model holds the config of every layer and makes the layer again from it. An "
        "argument that `get_config` leaves out comes back with its default, so the loaded model "
        "computes something else, without a word. Where loading or saving raises instead, the "
        "model cannot be saved or cloned at all."
    ),
    help=(
        "return every argument of `__init__` from `get_config`, as it was given and beside what "
        "`super().get_config()` returns; wrap objects in "
        "`keras.saving.serialize_keras_object(...)`, turn arrays into lists, and take `**kwargs` "
        "in `__init__`"
    ),
    bad=Example(source=BAD, options=("--arg", "slope=0.3")),
    good=Example(source=GOOD, options=("--arg", "slope=0.3")),
    check=check,
    covers=("LD502",),
)
