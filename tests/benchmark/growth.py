"""How the time of an examination grows with the layer and with the project.

The figures are processor seconds of the whole command, importing TensorFlow included.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.processes import LAYERDOCTOR, ROOT, run

LAYERS = "tests/benchmark/growing.py"
LINEAR = 1.15
"""The greatest exponent of a growth that is called linear: noise is in it."""


@dataclass(frozen=True)
class Growth:
    """Processor seconds against a size."""

    what: str
    seconds: dict[int, float]
    """The seconds that each size takes, in rising order of the sizes."""

    @property
    def exponent(self) -> float:
        """How the last step grows: 1 where ten times the size takes ten times the time."""
        (before, first), (size, last) = list(self.seconds.items())[-2:]
        return math.log(last / first) / math.log(size / before)


def measure() -> list[Growth]:
    """Examine layers and projects of growing size."""
    return [
        _grown("weights", (10, 100, 1000), lambda size: _layer("ManyWeights", size)),
        _grown("operations", (10, 100, 1000, 5000), lambda size: _layer("ManyOperations", size)),
        _grown(
            "numbers in a list", (100, 1000, 10_000, 100_000),
            lambda size: _layer("ManyAttributes", size),
        ),
        _grown("source lines", (100, 1000, 10_000), _long_source),
        _grown("targets", (1, 10, 40), _targets),
    ]  # fmt: skip


def _grown(what: str, sizes: Sequence[int], seconds: Callable[[int], float]) -> Growth:
    return Growth(what, {size: seconds(size) for size in sizes})


def _layer(name: str, size: int) -> float:
    target = f"{LAYERS}:{name}"
    options = ("--shape", "4,5", "--arg", f"size={size}", "--timeout", "300")
    return run(*LAYERDOCTOR, "inspect", target, *options, "--fail-on", "never").cpu


def _long_source(lines: int) -> float:
    source = (ROOT / LAYERS).read_text(encoding="utf-8")
    filler = "\n\ndef unused_{0}(value):\n    return value + {0}\n"
    source += "".join(map(filler.format, range(lines // 4)))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "long.py").write_text(source, encoding="utf-8")
        options = ("--shape", "4,5", "--arg", "size=10", "--fail-on", "never")
        command = ("inspect", "long.py:ManyOperations", *options)
        return run(*LAYERDOCTOR, *command, folder=Path(folder)).cpu


def _targets(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), count)
        return run(*LAYERDOCTOR, "check", "--no-cache", folder=Path(folder)).cpu


def write_project(folder: Path, targets: int, *, alike: bool = False) -> None:
    """Write a module with a small layer and a config that names it as many times as wanted.

    Where the targets are ``alike`` they have the same arguments, and so one result.
    """
    source = (ROOT / LAYERS).read_text(encoding="utf-8")
    (folder / "growing.py").write_text(source, encoding="utf-8")
    table = (
        '[targets.layer_{0}]\ntarget = "growing:ManyAttributes"\n'
        "args = {{ size = {1} }}\ninputs = [{{ shape = [4, 5] }}]\n\n"
    )
    config = "".join(table.format(number, 2 + number * (not alike)) for number in range(targets))
    (folder / "layerdoctor.toml").write_text(config, encoding="utf-8")


def draw(growths: Sequence[Growth], file: Path) -> None:
    """Draw the growths into a file, both axes in powers of ten; needs matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    for growth in growths:
        axes.plot(*zip(*growth.seconds.items(), strict=True), marker="o", label=growth.what)
    axes.set(xscale="log", yscale="log", xlabel="how many", ylabel="processor seconds")
    axes.legend()
    axes.grid(visible=True, which="both", alpha=0.2)
    figure.savefig(file)
