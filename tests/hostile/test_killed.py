"""Any process may be killed at any moment: the rest is reported, and nothing stays behind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.hostile.killing import killed, project

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("moment", [0.5, 2.0, 2.6, 3.2])
def test_the_rest_is_reported_when_another_process_is_killed(tmp_path: Path, moment: float) -> None:
    project(tmp_path)
    assert killed(tmp_path, moment, main=False, choice=random.Random(round(moment * 10))) == []


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
