"""A device that the machine does not have is refused with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import BROKEN, ENVIRONMENT, SOUND, layerdoctor, target, write


def test_a_gpu_that_is_not_there_is_said_of_the_one_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "CUDA_VISIBLE_DEVICES", "-1")
    asks = target("there", "mine:Hidden", 'device = "gpu"')
    write(tmp_path, mine=SOUND + BROKEN, config=target("here", "mine:Sound") + asks)
    done = layerdoctor("check", "--no-cache", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == (
        "mine:Hidden: error[config] the device is `gpu`, and TensorFlow finds no GPU on this "
        'machine: write `--device cpu`, or `device = "cpu"` in the config\n'
        "no findings in 1 layer, 1 not examined, 1 without a target; what could not be examined "
        "fails the run\n"
    )
