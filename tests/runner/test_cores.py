"""How many processes can run at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerdoctor.runner.cores import cores


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process bound to eight cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def limited(folder: Path, own: str = "", **files: str) -> int:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("max", "cpu.max")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "own").write_text(own)
    return cores(folder, folder / "own")


def test_the_process_may_be_bound_to_some_cores(tmp_path: Path) -> None:
    assert cores(tmp_path, tmp_path / "none") == 8


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("5000 100000", 1),
        ("9900000 100000", 8),
        ("nonsense", 8),
    ],
)
def test_a_container_may_have_less_time(limit: str, expected: int, tmp_path: Path) -> None:
    assert limited(tmp_path, max=limit) == expected


def test_a_group_around_the_own_one_counts_too(tmp_path: Path) -> None:
    own = "0::/slice/own\n"
    assert limited(tmp_path, own, slice__max="300000 100000", slice__own__max="max 100000") == 3


def test_groups_of_the_first_version_count(tmp_path: Path) -> None:
    own = "4:cpu,cpuacct:/job\n2:memory:/other\n"
    folder = tmp_path / "cpu" / "job"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_quota_us").write_text("400000\n")
    (folder / "cpu.cfs_period_us").write_text("100000\n")
    assert limited(tmp_path, own) == 4
    (folder / "cpu.cfs_quota_us").write_text("-1\n")
    assert limited(tmp_path, own) == 8
