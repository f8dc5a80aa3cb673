"""Runs the tests with every version of Python, TensorFlow and Keras that this machine can set up.

``python tests/matrix.py`` makes a virtual environment for each and prints a table of what passed;
``--only tf2.15`` picks some, ``--folder`` says where the environments are kept, ``--list`` prints
all as JSON and ends, and what stands after ``--`` goes to pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
FOLDER = Path.home() / ".cache" / "layerdoctor-matrix"
NEWEST = "2.21"


@dataclass(frozen=True)
class Versions:
    """One environment."""

    python: str
    tensorflow: str

    @property
    def name(self) -> str:
        """What it is called, also as a folder."""
        return f"py{self.python}-tf{self.tensorflow}"

    @property
    def packages(self) -> list[str]:
        """What is installed besides the tests' own needs; Keras 2 comes with TensorFlow itself."""
        if self.is_keras_2:
            return [f"tensorflow-cpu=={self.tensorflow}.*"]
        return [f"tensorflow-cpu=={self.tensorflow}.*", f"tf_keras=={self.tensorflow}.*"]

    @property
    def is_keras_2(self) -> bool:
        """Whether `keras` is Keras 2."""
        return int(self.tensorflow.partition(".")[2]) < 16


ALL = (
    Versions("3.10", "2.13"),
    Versions("3.10", "2.14"),
    Versions("3.11", "2.15"),
    Versions("3.11", "2.16"),
    Versions("3.11", "2.17"),
    Versions("3.12", "2.18"),
    Versions("3.12", "2.19"),
    Versions("3.13", "2.20"),
    Versions("3.10", NEWEST),
    Versions("3.11", NEWEST),
    Versions("3.12", NEWEST),
    Versions("3.13", NEWEST),
)
WITH_KERAS_2 = ["tests/examples/test_keras_2.py", "tests/rules"]
"""What is not written for Keras 3."""
WITH_KERAS_3 = ["-m", "not sweep"]
STATED = ("tensorflow", "tf_keras")
"""What an environment states itself; without a GPU, `tensorflow-cpu` stands in."""


def needed(versions: Versions) -> list[str]:
    """Return what the project and the tests need besides.

    With Keras 2 that is pytest and what holds reports against their schema: the other tools want
    newer packages than TensorFlow does.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tools = project["optional-dependencies"]["test"]
    if versions.is_keras_2:
        tools = [tool for tool in tools if tool.startswith(("pytest", "jsonschema"))]
    packages = [*project["dependencies"], *tools, "setuptools<81"]
    return [package for package in packages if not package.startswith(STATED)]


def interpreter(version: str) -> str | None:
    """Return the interpreter of a version, on the path or of pyenv; None where there is none."""
    roots = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    found = sorted(Path(roots, "versions").glob(f"{version}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(f"python{version}")


def made(versions: Versions, folder: Path) -> Path | None:
    """Return the interpreter of the environment, made where it is not there; None if it cannot."""
    base = interpreter(versions.python)
    if base is None:
        return None
    home = folder / versions.name
    python, complete = home / "bin" / "python", home / "complete"
    if complete.exists():
        return python
    subprocess.run([base, "-m", "venv", "--clear", str(home)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", *versions.packages]
    install += needed(versions)
    if subprocess.run(install, check=False).returncode:
        return None
    complete.touch()
    return python


def tested(python: Path, arguments: list[str]) -> str:
    """Return what pytest says at the end."""
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:anyio"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    sys.stdout.write(done.stdout)
    return (done.stdout.strip().splitlines() or [done.stderr.strip()[-200:]])[-1].strip("= ")


def main() -> int:
    """Run all that are asked for, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="a part of the name")
    parser.add_argument("--list", action="store_true", help="print all as JSON, and end")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("arguments", nargs="*", help="for pytest")
    given = parser.parse_args()
    if given.list:
        print(json.dumps([{"name": one.name, "python": one.python} for one in ALL]))
        return 0
    told = {}
    for versions in ALL:
        if given.only and not any(part in versions.name for part in given.only):
            continue
        python = made(versions, given.folder)
        arguments = given.arguments or (WITH_KERAS_2 if versions.is_keras_2 else WITH_KERAS_3)
        result = "cannot be made here" if python is None else tested(python, arguments)
        told[versions.name] = result
    for name, result in told.items():
        print(f"{name:16} {result}")
    bad = any("failed" in result or "error" in result for result in told.values())
    return int(bad or not any("passed" in result for result in told.values()))


if __name__ == "__main__":
    sys.exit(main())
