"""Saved models as targets: read with the author's classes, or refused with what to write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import layerdoctor, run_script

SOURCE = """
import keras


def twice(x):
    return 2 * x


class Scaled(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale
"""
SAVE = """
import keras
import numpy as np
import scaled

inputs = keras.Input((5,), name="features")
x = scaled.Scaled()(keras.layers.Dense(5)(inputs))
keras.Model(inputs, keras.ops.round(x)).save("scaled.keras")
other = keras.Input((5,), name="other")
sums = keras.layers.Dense(5, activation=scaled.twice)(inputs + other)
keras.Model([inputs, other], sums).save("sums.keras")
np.savez("rows.npz", features=np.ones((3, 5), "float32"), other=np.ones((3, 5), "float32"))
np.savez("others.npz", a=np.ones((3, 5), "float32"), b=np.ones((3, 5), "float32"))
class Typed(keras.layers.Layer):
    def call(self, x):
        return x
keras.Model(inputs, Typed()(inputs)).save("typed.keras")
keras.Model(inputs, keras.layers.Lambda(lambda x: 2 * x)(inputs)).save("lambda.keras")
print("done")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two saved models and, below it, the class that one of them holds."""
    folder = tmp_path_factory.mktemp("saved")
    package = folder / "code"
    package.mkdir()
    (package / "scaled.py").write_text(SOURCE, encoding="utf-8")
    run_script(folder, f"import sys; sys.path.append({str(package)!r})\n{SAVE}")
    (folder / "broken.keras").write_text("no archive", encoding="utf-8")
    return folder


def test_a_saved_model_is_examined_with_the_classes_found_under_the_app_dir(folder: Path) -> None:
    result = layerdoctor(
        "inspect", "scaled.keras", "--app-dir", "code", "--format", "json", cwd=folder
    )
    assert result.returncode == 1, result.stderr
    (target,) = json.loads(result.stdout)["targets"]
    assert [each["class_name"] for each in target["layers"]] == ["Dense", "Scaled"]
    assert target["layers"][1]["location"]["file"] == "code/scaled.py"
    cut = [each for each in target["findings"] if each["code"] == "LD202"]
    assert len(cut) == 1
    assert len(cut[0]["about"]) == 3
    assert target["checks"]["state"] == "passed"


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("scaled.keras", "`Scaled` of `scaled`, found neither as a module nor in a file under"),
        ("sums.keras", "raised TypeError: Could not locate function 'twice'"),
        ("typed.keras", "`typed.keras` holds `Typed`, found neither as a module nor in a file"),
        ("lambda.keras", "add `--arg safe_mode=false`"),
        ("broken.keras", "cannot read the model `broken.keras`: it is no archive of Keras 3"),
        ("gone.keras", "there is no file `gone.keras`"),
    ],
)
def test_one_that_cannot_be_loaded_is_refused_with_what_to_write(
    folder: Path, file: str, says: str
) -> None:
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    result = layerdoctor("inspect", file, "--app-dir", "empty", cwd=folder)
    assert result.returncode == 2
    assert says in " ".join(result.stdout.split())


def test_the_inputs_of_a_model_are_named_in_an_archive_as_the_model_names_them(
    folder: Path,
) -> None:
    how = ("--app-dir", "code", "--format", "json", "--input")
    given = layerdoctor("inspect", "sums.keras", *how, "@rows.npz", cwd=folder)
    (target,) = json.loads(given.stdout)["targets"]
    (finding,) = target["findings"]
    assert finding["code"] == "LD502"
    assert "Could not locate function 'twice'" in finding["message"]
    assert [each["shape"] for each in target["outputs"]] == [[3, 5]]
    other = layerdoctor("inspect", "sums.keras", *how, "@others.npz", cwd=folder)
    (target,) = json.loads(other.stdout)["targets"]
    assert target["error"]["message"].startswith(
        "the model takes `features` and `other`; received `a` and `b`; name its inputs so: "
    )
