"""The command line as a process, and a project for it to check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def layerdoctor(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it printed."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        check=False,
        cwd=cwd,
        encoding="utf-8",
        env=ENVIRONMENT,
    )


def without_times(report: str) -> Any:
    """Return a JSON report without what differs from run to run."""
    document = json.loads(report)
    for each in document["targets"]:
        del each["seconds"]
    return document
