"""What a module sets for TensorFlow's import counts, though that has been imported before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import layerdoctor, target, write

LAYER = """
import os
from pathlib import Path

with open("imports.txt", "a") as file:
    file.write("{name}\\n")
{statement}
import keras

STARTED_WITH = Path("/proc/self/environ").read_bytes().split(b"\\0")


class Layer(keras.layers.Layer):
    def call(self, inputs):
        raise ValueError(b"TF_EXAMPLE=1" in STARTED_WITH)
"""
SETS = 'os.environ["TF_EXAMPLE"] = "1"'
SETS_EACH_TIME = 'os.environ["TF_EXAMPLE"] = str(os.getpid())'
LOGS_LESS = 'os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"'
HIDES_THE_GPU = 'os.environ["CUDA_VISIBLE_DEVICES"] = ""'
OTHER_BACKEND = 'os.environ["KERAS_BACKEND"] = "jax"'
ALL = {
    "sets": SETS,
    "anew": SETS_EACH_TIME,
    "logs": LOGS_LESS,
    "hides": HIDES_THE_GPU,
    "backend": OTHER_BACKEND,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ahead")
    for name, statement in ALL.items():
        write(folder, **{name: LAYER.format(name=name, statement=statement)})
    write(folder, config="".join(target(name, f"{name}:Layer") for name in ALL))
    return folder


@pytest.fixture(scope="module")
def targets(folder: Path) -> dict[str, Any]:
    done = layerdoctor("check", "--no-cache", "--format", "json", cwd=folder)
    return {each["id"]: each for each in json.loads(done.stdout)["targets"]}


@pytest.mark.parametrize(
    ("name", "in_time"), [("sets", True), ("anew", False), ("logs", False), ("hides", False)]
)
def test_a_variable_is_there_when_the_process_starts(
    targets: dict[str, Any], name: str, in_time: bool
) -> None:
    (finding,) = targets[name]["findings"]
    assert f"ValueError: {in_time}" in finding["message"]


def test_another_process_is_taken_only_where_it_matters_and_only_once(
    targets: dict[str, Any], folder: Path
) -> None:
    imported = (folder / "imports.txt").read_text(encoding="utf-8").split()
    assert {name: imported.count(name) for name in ALL} == {
        "sets": 2,
        "anew": 2,
        "logs": 1,
        "hides": 1,
        "backend": 1,
    }


def test_another_backend_is_refused_with_what_to_write(targets: dict[str, Any]) -> None:
    error = targets["backend"]["error"]
    assert error["kind"] == "config"
    assert error["message"] == (
        "the target's module sets KERAS_BACKEND to `jax`; layers are examined on TensorFlow: "
        'write `os.environ.setdefault("KERAS_BACKEND", "jax")` there, so that layerdoctor can '
        "choose"
    )
