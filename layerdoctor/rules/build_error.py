"""LD002: ``build`` raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.reading import remedy_of
from layerdoctor.rules.unsaid import unsaid
from layerdoctor.stages import Stage
from layerdoctor.wording import input_shapes, told

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for failure in facts.failures:
        if failure.stage is Stage.BUILD and failure.kind == "raised" and not failure.missing_super:
            open_ = unsaid(facts, failure)
            message = f"`build` raised {told(failure)}, for {input_shapes(facts)}{open_.words}"
            yield Problem(None, message, failure.location, help=open_.help or remedy_of(failure))


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Projects the features to half their number."""

    def build(self, input_shape):
        width = input_shape[-1]
        self.kernel = self.add_weight(name="kernel", shape=(width, width / 2))

    def call(self, inputs):
        return inputs @ self.kernel
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Projects the features to half their number."""

    def build(self, input_shape):
        width = input_shape[-1]
        self.kernel = self.add_weight(name="kernel", shape=(width, width // 2))

    def call(self, inputs):
        return inputs @ self.kernel
'''

RULE = Rule(
    code="LD002",
    name="build-error",
    severity=Severity.ERROR,
    summary="`build` raised for these input shapes",
    why=(
        "`build` runs before the first call and makes the weights from the shape of the input. "
        "If it raises, the layer cannot be used for that input at all. In Keras `input_shape` is "
        "a plain tuple of integers, a list or dictionary of such tuples for several inputs, and "
        "its first entry, the batch size, is None in a functional model."
    ),
    help=(
        "compute every size in `build` from integers of `input_shape`, such as "
        "`input_shape[-1] // 2`, and never from the batch size"
    ),
    bad=Example(source=BAD, shape="4,6"),
    good=Example(source=GOOD, shape="4,6"),
    check=check,
)
