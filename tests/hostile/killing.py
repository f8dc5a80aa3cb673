"""Kills one process of a run at a random moment, and says what is wrong with what is left.

``python -m tests.hostile.killing 100`` does so a hundred times, and ends with 1 if anything is.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.hostile.processes import left_behind, marked, marked_environment

ROOT = Path(__file__).parents[2]
TARGETS = 4
LONGEST = 4.0
"""Seconds after which the run has ended or is about to."""

LAYER = """
import os
import signal
import subprocess

import keras


class Slow(keras.layers.Layer):
    def build(self, input_shape):
        self.child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            while True:
                signal.pause()
        self.gain = self.add_weight(shape=(), initializer="ones", name="gain")

    def call(self, inputs):
        return inputs * self.gain
"""


def project(folder: Path) -> None:
    """Write the layer and its config."""
    (folder / "slow.py").write_text(LAYER, encoding="utf-8")
    entries = [
        f'[targets.t{number}]\ntarget = "slow:Slow"\ninputs = [{{ shape = [2, 3] }}]\n'
        'ignore = ["LD5"]\n'
        for number in range(TARGETS)
    ]
    (folder / "layerdoctor.toml").write_text("".join(entries), encoding="utf-8")


def killed(
    folder: Path,
    moment: float,
    *,
    main: bool,
    choice: random.Random,
    seen: list[str] | None = None,
) -> list[str]:
    """Kill the main process, or another, after so many seconds; return what is wrong then.

    The names of the temporary files at that moment are added to ``seen``.
    """
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix="ld"))  # sockets lie in it, whose names are short
    environment, mark = marked_environment()
    environment |= {"TMPDIR": str(temporary), "KERAS_HOME": str(folder / "no keras")}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "layerdoctor", "check", "--no-cache", "--jobs", "2"]
    process = subprocess.Popen(
        [*command, "--format", "json", "--output", str(report)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        seen = [] if seen is None else seen
        seen += [each.name for each in temporary.iterdir()]
        others = [each for each in marked(mark) if each != process.pid]
        victim = process.pid if main else choice.choice(others or [0])
        if victim:
            os.kill(victim, signal.SIGKILL)
    errors = process.communicate()[1].decode()
    wrong = [f"left behind: {each}" for each in left_behind(mark)]
    wrong += [f"a temporary file: {each.name}" for each in temporary.iterdir()]
    if not main:
        wrong += _wrong_in(report, process.returncode, errors)
    elif report.exists():
        json.loads(report.read_text(encoding="utf-8"))
    shutil.rmtree(temporary)
    return wrong


def _wrong_in(report: Path, code: int, errors: str) -> list[str]:
    """Return what is wrong with the report of a run that lost one process."""
    if not report.exists():
        return [f"no report, exit code {code}: {errors}"]
    targets = json.loads(report.read_text(encoding="utf-8"))["targets"]
    wrong = []
    if [target["id"] for target in targets] != [f"t{number}" for number in range(TARGETS)]:
        wrong.append(f"not all targets are reported: {[target['id'] for target in targets]}")
    codes = [[finding["code"] for finding in target["findings"]] for target in targets]
    hit = [each for each in codes if each]
    if len(hit) > 1 or any(each != ["LD005"] for each in hit):
        wrong.append(f"more than the target of the process is affected: {codes}")
    if any(target["error"] for target in targets):
        wrong.append(f"errors: {[target['error'] for target in targets]}")
    if code != (1 if hit else 0):
        wrong.append(f"exit code {code}: {errors}")
    return wrong


def main(count: int) -> int:
    """Kill so many times and print what is wrong; return the exit code."""
    choice = random.Random(0)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        for number in range(count):
            moment, of_main = choice.uniform(0, LONGEST), number % 3 == 0
            start = time.monotonic()
            wrong = killed(folder, moment, main=of_main, choice=choice)
            failed += bool(wrong)
            who = "main" if of_main else "other"
            took = time.monotonic() - start
            print(
                f"{number:3} {who:5} after {moment:.2f} s, {took:.1f} s: {wrong or 'well'}",
                flush=True,
            )
    print(f"{count - failed} of {count} well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
