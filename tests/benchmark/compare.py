"""What got slower since a revision: the same commands here and there, in turn, as ratios.

Both run in a folder of their own with the files of their revision, in the same virtual environment.
Time is that of the processor, of all processes of a command, which other work disturbs least.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark import growth, project
from tests.benchmark.processes import LAYERDOCTOR, ROOT, Run, run

TURNS = 3
SLOWER = 1.1
"""The ratio from which something counts as slower: noise is in it."""
SAMPLES = ("expert_router", "mlp_block", "attention_pool", "random_features")
LAYERS = ("Dense", "ReLU", "GRU", "Conv2D", "BatchNormalization")
"""Layers that differ in kind, of the samples and of the sweep."""


@dataclass(frozen=True)
class Measure:
    """A command that is run by two revisions."""

    what: str
    command: tuple[str, ...]
    folder: Path | None = None
    """Where it is run; None for the root of the revision."""
    before: tuple[str, ...] = ()
    """What is run once ahead of it."""


def compare(revision: str) -> int:
    """Print a table of ratios, and return 1 where something got slower."""
    slower = False
    print(f"\n| what | {revision} | here | ratio | memory |\n|---|---|---|---|---|", flush=True)
    with _checked_out(revision) as before, tempfile.TemporaryDirectory() as folder:
        for measure in _measures(Path(folder)):
            trees = (before, ROOT)
            for tree in trees if measure.before else ():
                _taken(measure, measure.before, tree)
            pairs = [
                [_taken(measure, measure.command, tree) for tree in trees] for _ in range(TURNS)
            ]
            ratio = statistics.median(here.cpu / there.cpu for there, here in pairs)
            memory = statistics.median(here.peak / there.peak for there, here in pairs)
            medians = [statistics.median(pair[side].cpu for pair in pairs) for side in (0, 1)]
            sign = " **slower**" if ratio > SLOWER else ""
            figures = f"{medians[0]:.2f} s | {medians[1]:.2f} s | {ratio:.2f}{sign} | {memory:.2f}"
            print(f"| {measure.what} | {figures} |", flush=True)
            slower = slower or ratio > SLOWER
    return int(slower)


def _measures(folder: Path) -> Iterator[Measure]:
    yield Measure("`--help`", ("--help",))
    yield Measure("`rule LD202`", ("rule", "LD202"))
    (files := folder / "files").mkdir()
    project.write(files)
    yield Measure(f"`list` of {project.FILES} files", ("list", str(files)))
    sample = "sample_layers.projections:AffineProjection"
    given = ("--shape", "10,5", "--arg", "units=4", "--fail-on", "never")
    yield Measure("`inspect` of a simple sample", ("inspect", sample, *given))
    check = ("check", "--fail-on", "never", "--config")
    samples = str(ROOT / "sample_layers" / "layerdoctor.toml")
    yield Measure("`check` of samples", (*check, samples, "--no-cache", *SAMPLES))
    sweep = str(ROOT / "tests" / "sweep" / "keras_layers.toml")
    yield Measure("`check` of layers of Keras", (*check, sweep, "--no-cache", *LAYERS))
    (cached := folder / "cached").mkdir()
    growth.write_project(cached, 300, alike=True)
    yield Measure("300 cached targets", ("check",), cached, before=("check", "layer_0"))


def _taken(measure: Measure, command: tuple[str, ...], tree: Path) -> Run:
    folder = measure.folder or tree
    return run(*LAYERDOCTOR, *command, folder=folder, PYTHONPATH=str(tree))


@contextmanager
def _checked_out(revision: str) -> Iterator[Path]:
    """Have the files of a revision in a folder for a while."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "tree")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
        try:
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=True)
