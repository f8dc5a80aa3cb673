"""LD901: a marker that suppresses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(_facts: LayerFacts) -> Iterator[Problem]:
    """Yield nothing: which markers were used is known only when all findings are."""
    yield from ()


BAD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales every feature by a learned gain."""

    def build(self, input_shape):
        shape = input_shape[-1:]  # layerdoctor: ignore[LD101]
        self.gain = self.add_weight(name="gain", shape=shape, initializer="ones")

    def call(self, inputs):
        return inputs * self.gain
'''

GOOD = '''\
import keras


class Example(keras.layers.Layer):
    """Scales every feature by a learned gain."""

    def build(self, input_shape):
        shape = input_shape[-1:]
        self.gain = self.add_weight(name="gain", shape=shape, initializer="ones")

    def call(self, inputs):
        return inputs * self.gain
'''

RULE = Rule(
    code="LD901",
    name="unused-suppression",
    severity=Severity.NOTE,
    summary="a `# layerdoctor: ignore[...]` suppresses nothing",
    why=(
        "The defect that the marker once excused is gone, or the marker stands on another line "
        "than the finding. Left where it is, it will one day hide a new defect of the same kind."
    ),
    help=(
        "remove the marker, or move it to the line that the finding points at; on the `class` "
        "line it holds for the whole class"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
