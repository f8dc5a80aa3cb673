"""How much is examined with nothing said, and what discovery and guessing cost.

Runs `layerdoctor check` on the classes of `keras.layers` and of `tf_keras.layers` that the sweep
configures, without their arguments and inputs. Prints the share that is examined, what could not be
guessed and why, and every error and warning that the sweep does not list as real. Then examines one
layer of which everything is said, with and without the guessing, and discovers the layers of many
files. The exit status is 1 where a limit is missed or a finding is not real.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmark import project  # noqa: E402
from tests.benchmark.processes import LAYERDOCTOR, run  # noqa: E402
from tests.sweep.real_faults import REAL_FAULTS  # noqa: E402

SWEEP = ROOT / "tests" / "sweep"
LIMITS = {"keras": 0.90, "tf_keras": 0.85}
PAIRS = 7
MEASURABLE = 0.05
"""The share of a whole run that counts as measurable beside the noise of a shared machine."""
DISCOVERY_LIMIT = 5.0
"""Seconds of processor time."""

EVERYTHING_SAID = """
import cProfile, json, pstats, sys
from layerdoctor.probe.guess import trials
from layerdoctor.probe.examination.examination import Examination
from layerdoctor.target import Input, Target

said = Target(
    id="dense",
    target="keras.layers:Dense",
    args={"units": 4},
    inputs=(Input(shape=(4, 8)),),
)
if sys.argv[1] == "without":
    Examination._guess = lambda self, source: None
profile = cProfile.Profile()
if sys.argv[1] == "profiled":
    profile.enable()
Examination(said, lambda message: None).run()
profile.disable()
profile.create_stats()
rows = [
    (name, calls, total)
    for (file, _, name), (_, calls, _, total, _) in profile.stats.items()
    if file == trials.__file__
]
print(json.dumps({name: {"calls": calls, "seconds": total} for name, calls, total in rows}))
"""


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=[*LIMITS, "cost", "discovery"], metavar="PART")
    parser.add_argument("--only", default="", help="classes, separated by commas")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    costs = {"cost": cost_where_all_is_said, "discovery": discovery_of_many_files}
    return max(costs[part]() if part in costs else share(part, only) for part in options.parts)


def share(package: str, only: set[str]) -> int:
    """Examine the classes of one package and print what came of it."""
    names = [name for name in swept(package) if not only or name in only]
    targets = examine([f"{package}.layers:{name}" for name in names])
    missed = [target for target in targets if target["status"] != "examined"]
    reached = 1 - len(missed) / len(targets)
    print(
        f"{package}.layers: {reached:.1%} of {len(targets)} classes examined "
        f"(limit {LIMITS[package]:.0%})"
    )
    for target in missed:
        print(f"  not guessed: {target['target']}: {target['error']['message']}")
    alarms = [
        (target["target"], finding)
        for target in targets
        for finding in target["findings"]
        if finding["severity"] != "note"
        and not is_listed(package, target["target"].rpartition(":")[2], finding)
    ]
    for name, finding in alarms:
        print(f"  finding: {name}: {finding['code']} {finding['rule']} {finding['message']}")
    return int(reached < LIMITS[package] or bool(alarms))


def swept(package: str) -> dict[str, dict[str, Any]]:
    """Return the classes that the sweep examines, each with what it says of them."""
    config = msgspec.toml.decode((SWEEP / f"{package}_layers.toml").read_bytes())
    targets: dict[str, dict[str, Any]] = config["targets"]
    return targets


def is_listed(package: str, name: str, finding: dict[str, Any]) -> bool:
    """Whether the sweep lists the finding as real, or ignores it with its own inputs too."""
    ignored = finding["code"] in swept(package)[name].get("ignore", ())
    return ignored or (name, finding["rule"]) in REAL_FAULTS[package]


def examine(targets: list[str]) -> list[dict[str, Any]]:
    """Return what the report says of the targets."""
    command = [*LAYERDOCTOR, "check", "--isolated", "--no-cache"]
    result = subprocess.run(
        [*command, "--format", "json", *targets],
        capture_output=True,
        check=False,
        cwd=ROOT,
        text=True,
    )
    if not result.stdout:
        sys.exit(result.stderr)
    found: list[dict[str, Any]] = json.loads(result.stdout)["targets"]
    return found


def cost_where_all_is_said() -> int:
    """Examine one layer of which everything is said, with and without the guessing."""
    spent: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(PAIRS):
        for mode, seconds in spent.items():
            seconds.append(run(sys.executable, "-c", EVERYTHING_SAID, mode).cpu)
    whole = statistics.median(spent["without"])
    pairs = zip(spent["with"], spent["without"], strict=True)
    added = statistics.median(one - other for one, other in pairs)
    profiled = json.loads(run(sys.executable, "-c", EVERYTHING_SAID, "profiled").output)
    tried = sum(profiled.get(name, {"calls": 0})["calls"] for name in ("_construct", "_call"))
    within = sum(profiled[name]["seconds"] for name in ("__init__", "needed"))
    print(
        f"everything said: {tried} trials, {within * 1000:.1f} ms of guessing; in {PAIRS} pairs of "
        f"runs of {whole:.2f} s of processor time it adds {added:+.3f} s "
        f"(limit {MEASURABLE:.0%} of a run)"
    )
    return int(tried > 0 or added > MEASURABLE * whole)


def discovery_of_many_files() -> int:
    """List the layers of a project of many files."""
    with tempfile.TemporaryDirectory() as name:
        written = project.write(Path(name))
        runs = [run(*LAYERDOCTOR, "list", name) for _ in range(3)]
    found = {len(each.output.splitlines()) for each in runs}
    seconds = statistics.median(each.cpu for each in runs)
    wall = statistics.median(each.wall for each in runs)
    print(
        f"discovery: {project.FILES} files, {written} layers written, "
        f"{', '.join(map(str, sorted(found)))} lines told, in {seconds:.1f} s of processor time, "
        f"{wall:.1f} s by the clock (limit {DISCOVERY_LIMIT:.0f} s)"
    )
    return int(found != {written} or seconds > DISCOVERY_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
