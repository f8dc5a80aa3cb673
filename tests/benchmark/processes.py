"""What a command and all the processes that it starts take.

As a program it runs a command and writes what that took to a file: it adopts the processes that
outlive their parent, so that none goes unseen, and tells of this command alone.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERDOCTOR = (sys.executable, "-m", "layerdoctor")
ADOPT = 36
"""The number that Linux gives to `PR_SET_CHILD_SUBREAPER`."""


@dataclass(frozen=True)
class Run:
    """What one command took."""

    wall: float
    """In seconds, until the command itself ended."""
    cpu: float
    """In seconds, of all its processes."""
    peak: int
    """The bytes that the largest of its processes had in memory at most."""
    output: str
    """Its standard output."""
    errors: str
    """Its standard error."""


def run(*command: str, folder: Path = ROOT, **environment: str) -> Run:
    """Run a command; raises ``RuntimeError`` where it ends with an error. Findings are no error."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        result = subprocess.run(
            [sys.executable, __file__, file.name, *command],
            capture_output=True,
            check=False,
            cwd=folder,
            env={**os.environ, **surroundings(), **environment},
            text=True,
        )
        if result.returncode not in {0, 1}:
            raise RuntimeError(f"{' '.join(command)}\n{result.stderr}")
        return Run(**json.load(file), output=result.stdout, errors=result.stderr)


def surroundings() -> dict[str, str]:
    """Return the environment variables that all commands are run with.

    Python may keep its byte code, as it does unless it is told not to.
    """
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }


def main() -> int:
    """Run the command and return its exit status."""
    ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    file, *command = sys.argv[1:]
    start = time.perf_counter()
    status = subprocess.run(command, check=False).returncode
    wall = time.perf_counter() - start
    with suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": 1024 * used.ru_maxrss}
    Path(file).write_text(json.dumps(figures), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
