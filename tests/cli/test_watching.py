"""A change is told of once, whenever it happens."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO

from layerdoctor.cli.watching import wait
from layerdoctor.exits import INTERRUPTED, REFUSED
from tests.command import running

LAYER = """
import keras
import part


class Scaled(keras.layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.gain if part.READS else inputs
"""


def test_a_change_before_the_watch_began_is_told_of(tmp_path: Path) -> None:
    early, late = tmp_path / "early.py", tmp_path / "late.py"
    early.touch()
    late.touch()
    os.utime(early, (100, 100))
    os.utime(late, (300, 300))
    assert wait([str(early), str(late)], since=200) == [str(late)]


def test_a_file_that_is_written_anew_beside_and_renamed_has_changed(tmp_path: Path) -> None:
    file, other = tmp_path / "layer.py", tmp_path / "other.py"
    for path in (file, other):
        path.touch()
        os.utime(path, (100, 100))
    fresh = tmp_path / ".layer.py.new"

    def save() -> None:
        while not watched.is_set():
            fresh.write_text("x = 1\n", encoding="utf-8")
            fresh.rename(file)
            watched.wait(0.05)

    watched = threading.Event()
    saving = threading.Thread(target=save)
    saving.start()
    try:
        assert wait([str(file), str(other)], since=200) == [str(file)]
    finally:
        watched.set()
        saving.join()


def test_a_layer_is_examined_again_when_a_module_it_imports_is_saved(tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text("READS = True\n", encoding="utf-8")
    (tmp_path / "layer.py").write_text(LAYER, encoding="utf-8")
    watching = ("inspect", "layer:Scaled", "--shape", "2,5", "--watch", "--isolated")
    with running(*watching, cwd=tmp_path, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        assert "LD201" not in look(process.stdout)
        (tmp_path / "part.py").write_text("READS = False\n", encoding="utf-8")
        assert "new warning[LD201] unused-weight" in look(process.stdout)
        (tmp_path / "part.py").write_text("READS = (\n", encoding="utf-8")
        assert "SyntaxError" in look(process.stdout)
        (tmp_path / "part.py").write_text("READS = True\n", encoding="utf-8")
        assert "gone warning[LD201] unused-weight" in look(process.stdout)
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == INTERRUPTED


def test_what_cannot_be_found_has_no_file_to_watch(tmp_path: Path) -> None:
    with running(
        "inspect", "nothing.here:Layer", "--shape", "2,5", "--watch", cwd=tmp_path
    ) as process:
        shown, told = process.communicate()
    assert process.returncode == REFUSED
    assert "there is no module `nothing.here`" in shown
    assert "no file of yours to watch" in told


def look(lines: IO[str]) -> str:
    """Return what is printed until the files are watched again."""
    shown = []
    for line in lines:
        if line.startswith("layerdoctor: watching"):
            break
        shown.append(line)
    return "".join(shown)
