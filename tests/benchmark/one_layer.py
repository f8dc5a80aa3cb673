"""How long `layerdoctor inspect` takes on one layer, next to a script that merely runs it.

The script imports TensorFlow and Keras, constructs the layer, calls it three times and takes the
gradient. Both run in turn, in processes of their own; the figures are medians in seconds. The exit
status is 1 when a limit is exceeded.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIMPLE_RATIO = 1.25
WORST_EXTRA = 0.8

BARE_SCRIPT = """
import importlib, json, sys
import keras, numpy as np, tensorflow as tf

module, name = sys.argv[1].split(":")
layer = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2]))
inputs = tf.constant(np.random.normal(size=json.loads(sys.argv[3])).astype("float32"))
for _ in range(3):
    layer(inputs)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(layer(inputs))
tape.gradient(loss, [weight.value for weight in layer.trainable_weights])
"""


@dataclass(frozen=True)
class Sample:
    """A sample layer, its constructor arguments and the shape of its input."""

    target: str
    shape: tuple[int, ...]
    args: dict[str, int] = field(default_factory=dict)


SIMPLE = Sample("projections:AffineProjection", (10, 5), {"units": 4})
OTHERS = (
    Sample("attention_pool:AttentionPool", (2, 6, 4)),
    Sample("batch_whitening:BatchWhitening", (8, 5)),
    Sample("capsule_squash:CapsuleSquash", (2, 3, 4)),
    Sample("causal_scores:CausalScores", (2, 6, 4)),
    Sample("contrast_stretch:ContrastStretch", (2, 8, 8, 3)),
    Sample("expert_router:ExpertRouter", (8, 5)),
    Sample("gaussian_bands:GaussianBands", (4, 16)),
    Sample("input_noise:InputNoise", (4, 5)),
    Sample("mlp_block:MlpBlock", (2, 6, 4), {"hidden": 8}),
    Sample("prototype_head:PrototypeHead", (4, 5), {"classes": 3}),
    Sample("residual_tower:ResidualTower", (4, 5), {"width": 6}),
    Sample("step_blend:StepBlend", (4, 6, 5)),
    Sample("transformer_block:TransformerBlock", (2, 6, 8)),
)


@dataclass(frozen=True)
class Timing:
    """Run times of one sample in turn, in seconds."""

    sample: Sample
    bare: tuple[float, ...]
    timed: tuple[float, ...]
    """Of the command that stands next to the script."""

    @property
    def ratio(self) -> float:
        """The median of the command's time in terms of the script's."""
        return statistics.median(ours / theirs for ours, theirs in self.pairs)

    @property
    def extra(self) -> float:
        """The median of what the command takes beyond the script, in seconds."""
        return statistics.median(ours - theirs for ours, theirs in self.pairs)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Each run of the command with the run of the script before it."""
        return list(zip(self.timed, self.bare, strict=True))


def main() -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="paired runs that are reported")
    parser.add_argument("--search-pairs", type=int, default=1, help="to find the worst sample")
    options = parser.parse_args()
    searched = [measure(sample, options.search_pairs) for sample in OTHERS]
    worst = max(searched, key=lambda timing: timing.extra).sample
    simple, worst_timing = measure(SIMPLE, options.pairs), measure(worst, options.pairs)
    print_table("every other sample, to find the worst", searched)
    print_table(f"medians of {options.pairs} pairs: the simple sample and the worst", [simple])
    print_table("", [worst_timing])
    print(f"\nsimple: {simple.ratio:.2f} times the script (limit {SIMPLE_RATIO})")
    print(f"worst: the script + {worst_timing.extra:.2f} s (limit {WORST_EXTRA} s)")
    return int(simple.ratio > SIMPLE_RATIO or worst_timing.extra > WORST_EXTRA)


def bare_command(sample: Sample) -> list[str]:
    """Return the script that merely runs the sample."""
    target = f"sample_layers.{sample.target}"
    return [
        *(sys.executable, "-c", BARE_SCRIPT, target),
        *(json.dumps(sample.args), json.dumps(sample.shape)),
    ]


def inspect_command(sample: Sample) -> list[str]:
    """Return the inspection of the sample."""
    target = f"sample_layers.{sample.target}"
    shape = ",".join(map(str, sample.shape))
    command = [sys.executable, "-m", "layerdoctor", "inspect", target, "--shape", shape]
    for name, value in sample.args.items():
        command += ["--arg", f"{name}={value}"]
    return [*command, "--fail-on", "never"]


def by_hand_command(sample: Sample) -> list[str]:
    """Return what fits, saves and loads two models of the sample with plain Keras."""
    name = sample.target.partition(":")[0]
    return [sys.executable, "-m", "tests.benchmark.by_hand", "sample_layers/layerdoctor.toml", name]


def measure(
    sample: Sample, pairs: int, command: Callable[[Sample], list[str]] = inspect_command
) -> Timing:
    """Run the script and the command in turn."""
    times = [(run(bare_command(sample)), run(command(sample))) for _ in range(pairs)]
    bare, timed = zip(*times, strict=True)
    return Timing(sample, bare, timed)


def run(command: list[str]) -> float:
    """Return how many seconds the command takes."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)
    return time.perf_counter() - start


def print_table(title: str, timings: list[Timing]) -> None:
    """Print one row a sample, the slowest first."""
    if title:
        print(f"\n{title}\n")
        print(f"{'sample':<36}{'script':>8}{'inspect':>9}{'ratio':>7}{'extra':>7}")
    for timing in sorted(timings, key=lambda timing: -timing.extra):
        bare, inspect = statistics.median(timing.bare), statistics.median(timing.timed)
        figures = f"{bare:>8.2f}{inspect:>9.2f}{timing.ratio:>7.2f}{timing.extra:>7.2f}"
        print(f"{timing.sample.target:<36}{figures}")


if __name__ == "__main__":
    sys.exit(main())
