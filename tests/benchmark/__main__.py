"""All that is promised of layerdoctor's speed, measured: `python -m tests.benchmark`.

Each figure stands beside what it is compared with, taken in the same run. Prints a table in
Markdown with the date, the machine and the versions. The exit status is 1 where a limit is
exceeded. `--plot FILE` draws how the time grows; it needs matplotlib, of the extra `benchmark`.
`--compare REV` measures nothing of this, but the same commands here and as of a revision, in turn.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path

from tests.benchmark import compare, growth, one_layer, project, watching, whole_model
from tests.benchmark.processes import LAYERDOCTOR, run

HEAVY = ("tensorflow", "keras", "tf_keras", "numpy")
LIGHT_COMMANDS = (("--version",), ("--help",), ("list", "sample_layers"), ("rule", "LD202"))
PAIRS = 3
MEBIBYTE = 2**20
GIBIBYTE = 2**30
WIDTH = 2**14
"""The width of a square matrix of a gibibyte."""

START_LIMIT = 0.2
BIG_PEAK_LIMIT = 1.5
BIG_TIME_LIMIT = 4.0
MANY_PROCESSOR_LIMIT = 1.5
CACHED_LIMIT = 1.0
CACHED_TARGETS = 1000
CACHED_PEAK_LIMIT = 300 * MEBIBYTE
LIST_LIMIT = 1.0
WATCH_LIMIT = 0.5


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    what: str
    measured: str
    limit: str
    met: bool


def starting() -> Iterator[Figure]:
    """The commands that import nothing heavy: what they import is told by Python itself."""
    for command in LIGHT_COMMANDS:
        wall = median_wall(*command)
        told = run(sys.executable, "-X", "importtime", *LAYERDOCTOR[1:], *command).errors
        imported = {line.rpartition("|")[2].strip() for line in told.splitlines()}
        heavy = ", ".join(name for name in HEAVY if name in imported)
        yield Figure(
            f"`layerdoctor {' '.join(command)}`",
            f"{wall:.2f} s, imports {heavy or 'nothing heavy'}",
            f"{START_LIMIT} s, none of {', '.join(HEAVY)}",
            wall <= START_LIMIT and not heavy,
        )


def median_wall(*command: str) -> float:
    """Return the seconds until a command ends, the median of several runs."""
    return statistics.median(run(*LAYERDOCTOR, *command).wall for _ in range(5))


def one() -> Iterator[Figure]:
    """One layer, beside a script that merely runs it."""
    searched = [one_layer.measure(sample, 1) for sample in one_layer.OTHERS]
    worst = max(searched, key=lambda timing: timing.extra).sample
    simple = one_layer.measure(one_layer.SIMPLE, PAIRS)
    limit = one_layer.SIMPLE_RATIO
    words = f"{simple.ratio:.2f} times the script"
    yield Figure("a simple sample", words, f"{limit} times", simple.ratio <= limit)
    timing, limit = one_layer.measure(worst, PAIRS), one_layer.WORST_EXTRA
    by_hand = one_layer.measure(worst, PAIRS, one_layer.by_hand_command)
    words = f"the script + {timing.extra:.2f} s"
    name = f"the worst sample, `{worst.target.partition(':')[2]}`"
    also = f"to fit, save and load its two models by hand takes + {by_hand.extra:.2f} s"
    yield Figure(name, words, f"+ {limit} s; {also}", timing.extra <= limit)


def wholes() -> Iterator[Figure]:
    """Whole models, beside a script that builds, calls, differentiates and trains them."""
    for model in whole_model.MODELS:
        ratio, seconds = whole_model.ratio(model)
        limit = whole_model.LIMIT
        words = f"{ratio:.2f} times the script", f"{limit} times ({seconds:.0f} s)"
        yield Figure(f"{model.what}: processor time", *words, ratio <= limit)


def many() -> Iterator[Figure]:
    """Every layer of Keras, beside Keras's own test of them."""
    config = "tests/sweep/keras_layers.toml"
    theirs = run(sys.executable, "-m", "tests.benchmark.keras_own_test", config)
    command = ("check", "--config", config, "--no-cache", "--jobs", "2")
    ours = run(*LAYERDOCTOR, *command, "--format", "json")
    told = json.loads(theirs.output)
    targets = json.loads(ours.output)["targets"]
    assert {target["status"] for target in targets} == {"examined"}
    what = f"{len(targets)} layers of `keras.layers`, each isolated, two at a time"
    yield Figure(
        f"{what}: time",
        f"{ours.wall:.0f} s",
        f"{theirs.wall:.0f} s, by `run_layer_test` in one process,"
        f" which ends early on {len(told['ended early'])}",
        ours.wall <= theirs.wall,
    )
    ratio = ours.cpu / theirs.cpu
    by_hand = run(sys.executable, "-m", "tests.benchmark.by_hand", config)
    yield Figure(
        f"{what}: processor time",
        f"{ratio:.2f} times `run_layer_test` ({ours.cpu:.0f} s)",
        f"{MANY_PROCESSOR_LIMIT} times ({theirs.cpu:.0f} s); to fit, save and load the two models"
        f" of each by hand, in one process, takes {by_hand.cpu / theirs.cpu:.2f} times",
        ratio <= MANY_PROCESSOR_LIMIT,
    )


def big() -> Iterator[Figure]:
    """A layer with a gibibyte of weights, beside a script that merely runs it."""
    layer = "tests.benchmark.growing:ManyBytes"
    given = (json.dumps({"width": WIDTH}), json.dumps([4, WIDTH]))
    theirs = run(sys.executable, "-c", one_layer.BARE_SCRIPT, layer, *given)
    options = ("--shape", f"4,{WIDTH}", "--arg", f"width={WIDTH}", "--timeout", "600")
    command = (*LAYERDOCTOR, "inspect", layer, *options)
    ours = run(*command, "--fail-on", "never", "--format", "json")
    (target,) = json.loads(ours.output)["targets"]
    assert [weight["gradient"]["status"] for weight in target["weights"]] == ["flows"]
    peak, seconds = ours.peak / theirs.peak, ours.wall / theirs.wall
    yield Figure(
        "1 GiB of weights: peak memory",
        f"{peak:.2f} times the script ({ours.peak / GIBIBYTE:.1f} GiB)",
        f"{BIG_PEAK_LIMIT} times ({theirs.peak / GIBIBYTE:.1f} GiB)",
        peak <= BIG_PEAK_LIMIT,
    )
    yield Figure(
        "1 GiB of weights: time",
        f"{seconds:.2f} times the script ({ours.wall:.0f} s)",
        f"{BIG_TIME_LIMIT} times ({theirs.wall:.0f} s)",
        seconds <= BIG_TIME_LIMIT,
    )


def cached() -> Iterator[Figure]:
    """Many targets of which nothing has changed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        growth.write_project(folder, CACHED_TARGETS, alike=True)
        run(*LAYERDOCTOR, "check", "layer_0", folder=folder)
        runs = [run(*LAYERDOCTOR, "check", folder=folder) for _ in range(PAIRS)]
    wall = statistics.median(each.wall for each in runs)
    what = f"{CACHED_TARGETS} cached targets"
    yield Figure(f"{what}: time", f"{wall:.2f} s", f"{CACHED_LIMIT} s", wall < CACHED_LIMIT)
    peak, limit = max(each.peak for each in runs), CACHED_PEAK_LIMIT
    words = f"{peak / MEBIBYTE:.0f} MiB", f"{limit / MEBIBYTE:.0f} MiB"
    yield Figure(f"{what}: memory of the main process", *words, peak < limit)


def listed() -> Iterator[Figure]:
    """The layers among many files."""
    with tempfile.TemporaryDirectory() as name:
        layers = project.write(Path(name))
        wall = median_wall("list", name)
    what = f"`layerdoctor list`, {layers} layers in {project.FILES} files"
    yield Figure(what, f"{wall:.2f} s", f"{LIST_LIMIT} s", wall <= LIST_LIMIT)


def watched() -> Iterator[Figure]:
    """From saving a file to the new report."""
    seconds = watching.measure()
    name = "`inspect --watch`, from saving to the report"
    yield Figure(name, f"{seconds:.2f} s", f"{WATCH_LIMIT} s", seconds < WATCH_LIMIT)


def grown(plot: Path | None) -> Iterator[Figure]:
    """How the time grows."""
    growths = growth.measure()
    for each in growths:
        seconds = ", ".join(f"{size}: {value:.1f} s" for size, value in each.seconds.items())
        linear = each.exponent <= growth.LINEAR
        yield Figure(f"growth with {each.what}", seconds, "linear or better", linear)
    if plot is not None:
        growth.draw(growths, plot)


def main() -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path, help="draw how the time grows into this file")
    parser.add_argument("--compare", metavar="REV", help="tell what got slower since a revision")
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "start": starting,
        "one": one,
        "models": wholes,
        "many": many,
        "growth": lambda: grown(options.plot),
        "big": big,
        "cached": cached,
        "list": listed,
        "watch": watched,
    }
    parser.add_argument(
        "parts", nargs="*", default=list(parts), metavar="PART", help=", ".join(parts)
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; choose from {', '.join(parts)}")
    print(heading(), flush=True)
    if options.compare:
        return compare.compare(options.compare)
    print("\n| what | measured | limit | met |\n|---|---|---|---|", flush=True)
    met = True
    for name in options.parts:
        for figure in parts[name]():
            met = met and figure.met
            cells = (figure.what, figure.measured, figure.limit, "yes" if figure.met else "**no**")
            print(f"| {' | '.join(cells)} |", flush=True)
    return int(not met)


def heading() -> str:
    """Return when, on what machine and with which versions the figures were taken."""
    tensorflow = packages_distributions()["tensorflow"][0]
    versions = ", ".join(f"{name} {version(name)}" for name in (tensorflow, "keras", "numpy"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE
    return (
        f"{datetime.date.today():%Y-%m-%d}, {os.cpu_count()} cores of {processor()}, "
        f"{memory:.0f} GiB of memory, {platform.system()}, Python {platform.python_version()}, "
        f"{versions}"
    )


def processor() -> str:
    """Return the name of the processor as Linux tells it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
