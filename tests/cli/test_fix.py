"""`layerdoctor fix` as a process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.command import SOUND, layerdoctor, target, write

SCALED = """\
import keras
import tensorflow as tf


class Scaled(keras.layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.rate = rate
        self.scale = tf.Variable(2.0)  # learned

    def call(self, inputs):
        return inputs * self.scale * self.rate


class Folded(keras.layers.Layer):
    def call(self, inputs):
        return tf.reshape(inputs, (inputs.shape[0], 5))
"""
CONFIG = target("scaled", "layers:Scaled") + target("folded", "layers:Folded")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, layers=SCALED, sound=SOUND, config=CONFIG)
    file = tmp_path / "layers.py"
    file.write_bytes(SCALED.replace("\n", "\r\n").encode())
    git = ["git", "-C", str(tmp_path), "-c", "user.email=a@b", "-c", "user.name=a"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    return tmp_path


def test_what_holds_is_shown_and_then_written(project: Path) -> None:
    before = (project / "layers.py").read_bytes()
    shown = layerdoctor("fix", cwd=project)
    assert shown.returncode == 1, shown.stderr
    assert "LD101 self.scale: tried: gone, nothing new, outputs equal" in shown.stdout
    assert "+        self.scale = keras.Variable(2.0" in shown.stdout
    assert "+        return tf.reshape(inputs, (-1, 5))" in shown.stdout
    assert (project / "layers.py").read_bytes() == before
    applied = layerdoctor("fix", "--apply", cwd=project)
    assert applied.returncode == 0, applied.stderr
    after = (project / "layers.py").read_bytes()
    assert b"(-1, 5))\r\n" in after
    assert b"# learned\r\n" in after
    assert after.count(b"\n") == after.count(b"\r\n")
    again = layerdoctor("fix", cwd=project)
    assert (again.returncode, again.stdout) == (0, "")
    refused = layerdoctor("check", "--fail-on", "note", cwd=project)
    assert refused.returncode == 0, refused.stdout


def test_a_sound_layer_needs_nothing(project: Path) -> None:
    found = layerdoctor("fix", "sound:Sound", "--shape", "2,5", cwd=project)
    assert (found.returncode, found.stdout) == (0, "")


def test_a_dirty_file_is_refused_and_a_target_that_is_not_there(project: Path) -> None:
    file = project / "layers.py"
    file.write_bytes(file.read_bytes() + b"# edited\r\n")
    refused = layerdoctor("fix", "folded", "--apply", cwd=project)
    assert refused.returncode == 2
    assert "not committed" in refused.stderr
    assert b"(-1, 5)" not in file.read_bytes()
    assert layerdoctor("fix", "layers:Nothing", "--shape", "2,5", cwd=project).returncode == 2


COMPANY = (
    SCALED.replace("import keras\n", "import keras\nimport numpy as np\n")
    + """\


class Noisy(keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.normal(tf.shape(inputs))


class Counting(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.steps = 0

    def call(self, inputs, training=False):
        self.steps += 1 if training else 0
        return inputs * (1 + self.steps)


class Away(keras.layers.Layer):
    def call(self, inputs):
        return tf.numpy_function(lambda x: np.abs(x) / x.max(), [inputs], tf.float32)
"""
)


def test_layers_that_draw_count_or_have_no_remedy_do_not_keep_others_from_theirs(
    tmp_path: Path,
) -> None:
    others = [target(name.lower(), f"layers:{name}") for name in ("Noisy", "Counting", "Away")]
    write(tmp_path, layers=COMPANY, config=CONFIG + "".join(others))
    found = layerdoctor("fix", "--select", "LD101,LD404,LD504", cwd=tmp_path)
    assert found.returncode == 1, found.stderr
    assert "LD101 self.scale: tried: gone, nothing new, outputs equal" in found.stdout
    assert "+        return tf.reshape(inputs, (-1, 5))" in found.stdout


def test_a_report_carries_what_holds_where_hints_are_asked_for(project: Path) -> None:
    checked = layerdoctor("check", "folded", "--fix-hints", "-f", "json", cwd=project)
    (found,) = json.loads(checked.stdout)["targets"][0]["findings"]
    assert "+        return tf.reshape(inputs, (-1, 5))" in found["fix"]["diff"]
    assert found["fix"]["outputs"] == "equal"
    assert checked.returncode == 1


def test_what_cannot_be_parsed_is_told_and_nothing_is_tried(tmp_path: Path) -> None:
    write(tmp_path, layers="import keras\n\nclass Broken(keras.layers.Layer:\n")
    found = layerdoctor("fix", cwd=tmp_path)
    assert (found.returncode, found.stdout) == (2, "")
    assert "layers.py" in found.stderr


@pytest.mark.thorough
def test_what_a_base_class_in_another_room_of_the_package_does_is_cured_there(
    tmp_path: Path,
) -> None:
    inner = tmp_path / "pkg" / "inner"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        folder.joinpath("__init__.py").touch()
    (inner.parent / "base.py").write_text(SCALED, encoding="utf-8")
    (inner / "derived.py").write_text(
        "from ..base import Scaled\n\n\nclass Derived(Scaled):\n    pass\n", encoding="utf-8"
    )
    found = layerdoctor("fix", "pkg/inner/derived.py:Derived", "--shape", "2,5", cwd=tmp_path)
    assert "+++ pkg/base.py" in found.stdout, found.stderr
    assert "LD101 self.scale: tried: gone, nothing new, outputs equal" in found.stdout
