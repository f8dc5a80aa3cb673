"""Spares what tests run the import of TensorFlow: what it takes to start commands and scripts so.

The command stays a process of its own, which starts a fork server, which forks the workers. Only
the server, instead of importing TensorFlow for some seconds, is forked from a process that has
imported it, and so are scripts. What is about the start itself is tested without this.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from multiprocessing import util
from pathlib import Path

from layerdoctor.runner.keras_home import BACKEND, private_home

HERE = Path(__file__).parent
AT_FIRST = dict(os.environ)
"""The environment before a test imports TensorFlow, which adds to it."""
FREE = (
    "COLD_PYTHON",
    "COLUMNS",
    "GIT_",
    "GITHUB_",
    "LAYERDOCTOR_SERVER",
    "LINES",
    "NO_COLOR",
    "PATH",
    "PRE_COMMIT",
    "PYTEST_",
    "PYTHONIOENCODING",
    "PYTHONSAFEPATH",
    "TMPDIR",
    "WARM_",
)
"""How variables begin that neither Python nor TensorFlow nor Keras reads while it is imported."""
OF_SHELLS = ("OLDPWD", "PWD", "SHLVL", "_")
"""What a shell sets before it starts a command."""


def command(module: str) -> list[str]:
    """Return the command that runs a module as a program, whose servers start warm."""
    return [sys.executable, str(HERE / "command.py"), module]


def script(file: str) -> list[str]:
    """Return the command that runs a script where TensorFlow is imported already."""
    flags = util._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [environment()["WARM_PYTHON"], *flags, file]


@functools.cache
def environment() -> dict[str, str]:
    """Return the variables that a ``command`` needs; starts the process that is warm, once."""
    folder = Path(tempfile.mkdtemp(prefix="ld-warm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    python = folder / "python"
    source = (HERE / "start.py").read_text(encoding="utf-8")
    python.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
    python.chmod(0o700)
    address = str(folder / "socket")
    home = private_home(folder)
    variables = {
        **AT_FIRST,
        "PYTHONPATH": os.pathsep.join([str(HERE.parent.parent), AT_FIRST.get("PYTHONPATH", "")]),
        "KERAS_BACKEND": BACKEND,
        **({"KERAS_HOME": str(home)} if home else {}),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm_start.server", address],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    atexit.register(process.kill)
    assert process.stdout is not None
    with process.stdout as stream:
        assert stream.readline(), (folder / "log").read_text(encoding="utf-8")
    return {
        "WARM_PYTHON": str(python),
        "WARM_COMMAND": str(HERE / "command.py"),
        "WARM_START": address,
        "COLD_PYTHON": sys.executable,
    }
