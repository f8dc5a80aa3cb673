"""LD507: a call that changes its input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import breaches

if TYPE_CHECKING:
    from layerdoctor.facts import Breach, LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for breach in breaches(facts, "inputs", "mutated", "mutated-array"):
        where = f" {breach.received}" if breach.received else ""
        what = f"its input `{breach.subject}`" if breach.subject else "its input"
        message = f"the call changes {what} in place{where}"
        if breach.kind == "mutated":
            yield Problem(breach.subject, message, at=breach.location)
        else:
            yield array_only(breach, f"{message} when it is given a NumPy array")


def array_only(breach: Breach, message: str) -> Problem:
    return Problem(
        breach.subject,
        message,
        at=breach.location,
        help="make a new value, `x = x * 2` in place of `x *= 2`, or call `tf.convert_to_tensor`",
        severity=Severity.NOTE,
    )


BAD = '''\
import tensorflow as tf


class Example(tf.Module):
    """Adds a weighted bias to the values."""

    def __init__(self, name=None):
        super().__init__(name=name)
        self.gain = tf.Variable(0.5, name="gain")

    def __call__(self, features):
        features["bias"] = self.gain * features["bias"]
        return features["values"] + features["bias"]
'''

GOOD = '''\
import tensorflow as tf


class Example(tf.Module):
    """Adds a weighted bias to the values."""

    def __init__(self, name=None):
        super().__init__(name=name)
        self.gain = tf.Variable(0.5, name="gain")

    def __call__(self, features):
        bias = self.gain * features["bias"]
        return features["values"] + bias
'''

RULE = Rule(
    code="LD507",
    name="mutated-input",
    severity=Severity.ERROR,
    needs="inputs",
    summary="the call changes its input in place",
    why=(
        "The dictionary, list or array belongs to the caller, who uses it again: for the next "
        "layer, for the loss, for the next epoch. After the call it holds something else or "
        "lacks an entry, so the second use raises or is wrong, far from here."
    ),
    help=(
        "work on a copy: `features = dict(features)`, `items = list(items)`, "
        '`values = np.array(values)`; read with `features["bias"]` instead of `pop`'
    ),
    bad=Example(source=BAD, shape="values=4,5 bias=4,5", options=("--inputs-as", "dict")),
    good=Example(source=GOOD, shape="values=4,5 bias=4,5", options=("--inputs-as", "dict")),
    check=check,
)
