"""LD001: the constructor raised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import lacking
from layerdoctor.rules.unsaid import unsaid
from layerdoctor.stages import Stage
from layerdoctor.wording import told

if TYPE_CHECKING:
    from layerdoctor.facts import Failure, LayerFacts

OTHERWISE = "mend that line; if it needs other arguments, give them with `--arg NAME=VALUE`"


def check(facts: LayerFacts) -> Iterator[Problem]:
    for failure in facts.failures:
        if failure.kind != "raised":
            continue
        if failure.missing_super:
            yield Problem(
                None,
                f"`__init__` never calls `super().__init__()`: {told(failure)}",
                at=failure.location,
                help="make `super().__init__(**kwargs)` the first line of `__init__`",
            )
        elif failure.stage is Stage.CONSTRUCT:
            open_ = unsaid(facts, failure)
            help_ = open_.help or lacking(failure) or too_early(facts, failure)
            help_ = help_ or (None if "keyword" in failure.message else OTHERWISE)
            message = f"`__init__` raised {told(failure)}{open_.words}"
            yield Problem(None, message, failure.location, help=help_)


def too_early(facts: LayerFacts, failure: Failure) -> str | None:
    """What to do where Keras misses something of its own that its constructor makes."""
    own = (facts.class_name or "").rpartition(".")[2]
    if re.search(rf"'{own}' object has no attribute '_(?!_)", failure.message) is None:
        return None
    return "call `super().__init__(**kwargs)` first: it makes what this line needs"


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales the input by a fixed number."""

    def __init__(self, scale=0.5):
        self.scale = scale

    def call(self, inputs):
        return self.scale * inputs
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales the input by a fixed number."""

    def __init__(self, scale=0.5, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        return self.scale * inputs
'''

RULE = Rule(
    code="LD001",
    name="construction-error",
    severity=Severity.ERROR,
    summary="the constructor of the layer raised",
    why=(
        "Nothing can be done with a layer that cannot be constructed. Two mistakes are usual. "
        "Without `super().__init__()` the layer has no place for weights and sub-layers; Keras "
        "notices that only when the layer is used, and names no line of yours. And Keras 3 "
        "refuses keywords that Keras 2 took, such as `weights` or `input_dim`."
    ),
    help=(
        "take `**kwargs`, hand them on with `super().__init__(**kwargs)` in the first line, and "
        "pass Keras no argument that it does not know"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
