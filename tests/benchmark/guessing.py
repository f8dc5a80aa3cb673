"""How many public layers are examined with nothing but the class named.

Runs `layerdoctor check` on the classes of `keras.layers` and of `tf_keras.layers` that the sweep
configures, without their arguments and inputs. Prints the share that is examined, what could not be
guessed and why, and every error and warning that the sweep does not list as real. The exit status
is 1 where a share is below its limit or a finding is not real.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.sweep.test_sweep import REAL_FAULTS  # noqa: E402

SWEEP = ROOT / "tests" / "sweep"
LIMITS = {"keras": 0.90, "tf_keras": 0.85}


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=list(LIMITS), metavar="PACKAGE")
    parser.add_argument("--only", default="", help="classes, separated by commas")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    return max(measure(package, only) for package in options.packages)


def measure(package: str, only: set[str]) -> int:
    """Examine the classes of one package and print what came of it."""
    names = [name for name in swept(package) if not only or name in only]
    started = time.perf_counter()
    targets = examine([f"{package}.layers:{name}" for name in names])
    seconds = time.perf_counter() - started
    missed = [target for target in targets if target["status"] != "examined"]
    share = 1 - len(missed) / len(targets)
    print(f"{package}: {share:.1%} of {len(targets)} classes examined in {seconds:.0f} s")
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
    return int(share < LIMITS[package] or bool(alarms))


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
    command = [sys.executable, "-m", "layerdoctor", "check", "--isolated", "--no-cache"]
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


if __name__ == "__main__":
    sys.exit(main())
