"""Which versions take part, told from what is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layerdoctor.environment import environment


@pytest.mark.parametrize("name", ["tensorflow", "tensorflow_cpu", "tf_nightly", "of_our_own"])
def test_every_build_of_tensorflow_has_a_version(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / f"{name}-2.99.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.99.0\n")
    (info / "top_level.txt").write_text("tensorflow\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert environment("cpu", 0).tensorflow == "2.99.0"


def test_what_is_not_installed_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert environment("gpu", 3).tensorflow is None
