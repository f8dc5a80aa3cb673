"""How long locating a cut takes, against the number of operations in `call`.

The same chain of operations is examined twice in this process, once with an argmax before its end
and once without; the difference is what locating the cut costs. The figures are medians in
milliseconds. The exit status is 1 when a limit is exceeded.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from layerdoctor.facts import Stage
from layerdoctor.probe.examination.examination import Examination
from layerdoctor.protocol import Message, Observed, StageBegan
from layerdoctor.target import Input, Target

SIZES = (50, 100, 200, 500, 1000, 2000)
FIRST_LIMIT = 60.0
"""Milliseconds for the first 50 operations."""
FURTHER_LIMIT = 2.0
"""Milliseconds for each further operation."""


class Located(BaseException):
    """Everything about gradients has been told."""


class Chain(keras.layers.Layer):  # type: ignore[misc]
    """A weight, a chain of operations behind it and, where wanted, a cut at its end."""

    def __init__(self, operations: int, cut: bool) -> None:
        super().__init__()
        self.operations = operations
        self.cut = cut
        self.gain = self.add_weight(name="gain", shape=(5,), initializer="ones")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return a tensor of the shape of the inputs, (batch, 5)."""
        outputs = inputs * self.gain
        for _ in range(self.operations - 1):
            outputs = tf.tanh(outputs)
        if self.cut:
            chosen = tf.argmax(outputs, axis=-1)
            return inputs + tf.one_hot(chosen, 5, dtype=inputs.dtype)
        return inputs + outputs


def main() -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="examinations of each chain")
    runs = parser.parse_args().runs
    examine(SIZES[0], cut=True)
    met = True
    print(f"{'operations':>10}{'without':>10}{'with a cut':>12}{'location':>10}{'limit':>8}  (ms)")
    for size in SIZES:
        without = statistics.median(examine(size, cut=False) for _ in range(runs))
        with_cut = statistics.median(examine(size, cut=True) for _ in range(runs))
        limit = FIRST_LIMIT + FURTHER_LIMIT * (size - SIZES[0])
        location = with_cut - without
        met = met and location <= limit
        print(f"{size:>10}{without:>10.0f}{with_cut:>12.0f}{location:>10.0f}{limit:>8.0f}")
    return int(not met)


def examine(operations: int, *, cut: bool) -> float:
    """Return how many milliseconds one examination of a chain takes."""
    target = Target(
        id="chain",
        target=f"{Path(__file__).stem}:Chain",
        args={"operations": operations, "cut": cut},
        inputs=(Input(shape=(4, 5)),),
        app_dirs=(str(Path(__file__).parent),),
    )
    facts: dict[str, Any] = {}

    def note(message: Message) -> None:
        if message == StageBegan(Stage.CONTRACT):
            raise Located
        if isinstance(message, Observed):
            facts.update(message.fields)

    start = time.perf_counter()
    with contextlib.suppress(Located):
        Examination(target, note).run()
    milliseconds = 1000 * (time.perf_counter() - start)
    (weight,) = facts["weights"]
    expected = ("none", "ArgMax") if cut else ("flows", None)
    assert (weight.gradient.status, weight.gradient.op) == expected
    return milliseconds


if __name__ == "__main__":
    sys.exit(main())
