"""Any process may be killed at any moment: the rest is reported, and nothing stays behind."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.hostile.killing import killed, project

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("moment", [0.5, 2.0, 2.6, 3.2])
def test_the_rest_is_reported_when_another_process_is_killed(tmp_path: Path, moment: float) -> None:
    project(tmp_path)
    assert killed(tmp_path, moment, main=False, choice=random.Random(round(moment * 10))) == []


SERVER_KILLER = """
import os
import signal
from pathlib import Path

import keras


class Doubling(keras.layers.Layer):
    def call(self, inputs):
        return 2.0 * inputs

    def get_config(self):
        if not Path("killed").exists():
            Path("killed").touch()
            guard = Path(f"/proc/{os.getppid()}/stat").read_text()
            os.kill(int(guard.rpartition(")")[2].split()[1]), signal.SIGKILL)
            signal.pause()
        return super().get_config()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the parent of a process is read from /proc")
def test_a_check_during_which_the_server_was_killed_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "killer.py").write_text(SERVER_KILLER, encoding="utf-8")
    command = [sys.executable, "-m", "layerdoctor", "inspect", "killer:Doubling", "--shape", "2,3"]
    run = subprocess.run(
        [*command, "--format", "json"], cwd=tmp_path, check=False, capture_output=True
    )
    (target,) = msgspec.json.decode(run.stdout)["targets"]
    assert (tmp_path / "killed").exists()
    codes = [each["code"] for each in target["findings"]]
    assert (target["status"], codes, run.returncode) == ("examined", [], 0)


@pytest.mark.parametrize("moment", [0.2, 1.5, 2.6])
def test_nothing_is_left_when_the_main_process_is_killed(tmp_path: Path, moment: float) -> None:
    project(tmp_path)
    assert killed(tmp_path, moment, main=True, choice=random.Random(0)) == []
    assert [path.name for path in tmp_path.glob(".report*")] == []


def test_no_temporary_file_is_left_when_the_main_process_is_killed(tmp_path: Path) -> None:
    project(tmp_path)
    seen: list[str] = []
    for moment in (1.5, 3.0):
        assert killed(tmp_path, moment, main=True, choice=random.Random(0), seen=seen) == []
    assert seen
