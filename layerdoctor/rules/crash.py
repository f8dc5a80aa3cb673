"""LD005: the process died."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerdoctor.rule import Example, Problem, Rule, Severity
from layerdoctor.rules.unsaid import unsaid
from layerdoctor.wording import doing, told

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


def check(facts: LayerFacts) -> Iterator[Problem]:
    for failure in facts.failures:
        if failure.kind == "crash":
            open_ = unsaid(facts, failure)
            message = f"{doing(failure)} ended the process: {told(failure)}{open_.words}"
            severity = Severity.WARNING if open_.is_guessed else None
            yield Problem(None, message, failure.location, help=open_.help, severity=severity)


BAD = '''\
import ctypes

import keras
import tensorflow as tf


class Example(keras.layers.Layer):
    """Adds an offset that a native library holds at some address."""

    def __init__(self, address=0, **kwargs):
        super().__init__(**kwargs)
        self.address = address

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        values = (ctypes.c_float * inputs.shape[-1]).from_address(self.address)
        return inputs * self.gain + tf.constant(list(values), inputs.dtype)
'''

GOOD = '''\
import ctypes

import keras


class Example(keras.layers.Layer):
    """Adds an offset that a native library holds at some address."""

    def __init__(self, address=0, **kwargs):
        super().__init__(**kwargs)
        self.address = address

    def build(self, input_shape):
        width = input_shape[-1]
        block = ctypes.c_float * width
        values = block.from_address(self.address) if self.address else block()
        start = keras.initializers.Constant(list(values))
        self.gain = self.add_weight(name="gain", shape=(width,), initializer="ones")
        self.offset = self.add_weight(name="offset", shape=(width,), initializer=start)

    def call(self, inputs):
        return inputs * self.gain + self.offset
'''

RULE = Rule(
    code="LD005",
    name="crash",
    severity=Severity.ERROR,
    summary="the process died while the layer ran",
    why=(
        "A signal, an exit or a lack of memory ended the process, so no exception could be "
        "caught: a training run dies in the same way, without a traceback and without a last "
        "checkpoint. Usual causes are native code that is given a bad address or index, "
        "`sys.exit` in a layer, and tensors that are far larger than meant."
    ),
    help=(
        "check what is handed to native code before the call, raise an exception instead of "
        "leaving the process, and look at the sizes of the tensors on that line"
    ),
    bad=Example(source=BAD),
    good=Example(source=GOOD),
    check=check,
)
