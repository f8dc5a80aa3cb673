"""The command line as a process, and a project for it to check."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import report_schema
from tests.warm_start import client as warm

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    "COLUMNS": "80",
    "PYTHONIOENCODING": "utf-8",
}
COMMAND = [sys.executable, "-m", "layerdoctor"]

SOUND = """
import keras


class Sound(keras.layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        print("the layer speaks")
        return inputs * self.gain
"""

BROKEN = """
import keras
import tensorflow as tf


class Hidden(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.gain = tf.Variable(2.0)

    def call(self, inputs):
        return inputs * self.gain


class Failing(keras.layers.Layer):
    def call(self, inputs):
        raise ValueError("no such luck")
"""


def target(name: str, spec: str, more: str = "") -> str:
    """Return a table of the config."""
    return f'[targets.{name}]\ntarget = "{spec}"\ninputs = [{{ shape = [2, 5] }}]\n{more}\n'


def write(folder: Path, **files: str) -> None:
    """Write modules, and the config under the name ``config``."""
    for name, text in files.items():
        file = "layerdoctor.toml" if name == "config" else f"{name}.py"
        (folder / file).write_text(text, encoding="utf-8")


def layerdoctor(
    *arguments: str, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command, which starts warm, and return what it printed."""
    result = subprocess.run(
        [*warm.command("layerdoctor"), *arguments],
        capture_output=True,
        check=False,
        cwd=cwd,
        encoding="utf-8",
        env={**ENVIRONMENT, **warm.environment(), **environment},
    )
    report_schema.hold(arguments, result.stdout, cwd)
    return result


def run_script(folder: Path, text: str, *, cold: bool = False) -> str:
    """Run a script, which prints ``done`` when it has come to its end; return what it printed.

    TensorFlow is imported before it begins, unless ``cold``.
    """
    write(folder, script=text)
    result = subprocess.run(
        warm.command("script") if cold else warm.script("script.py"),
        capture_output=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
        env={**ENVIRONMENT, **warm.environment(), "KERAS_BACKEND": "tensorflow"},
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert result.stdout.rstrip().endswith("done"), result.stdout
    return result.stdout


@contextmanager
def running(*arguments: str, cwd: Path, **ways: Any) -> Iterator[subprocess.Popen[str]]:
    """Start the command as a process that can be interrupted; it never outlives the test.

    A shell has its background jobs ignore SIGINT, and what they start inherits that. A handler is
    not inherited: the new program begins with the default, which ends it.
    """
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **ways}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=cwd, encoding="utf-8", env=ENVIRONMENT, **pipes
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()


def without_times(report: str) -> Any:
    """Return a JSON report without what differs from run to run."""
    document = json.loads(report)
    for each in document["targets"]:
        del each["seconds"]
    return document
