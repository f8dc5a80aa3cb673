"""Where files lie from the root of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerdoctor.judge.repository import VARIABLES, Repository, repository


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a monorepo, the working directory."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    inner = tmp_path / "services" / "ranker"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return inner


@pytest.mark.parametrize("name", VARIABLES)
def test_continuous_integration_names_the_root(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(tmp_path))
    assert repository() == Repository(root=tmp_path.as_posix(), folder="services/ranker")


def test_a_workspace_that_one_is_not_in_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    (tmp_path / "services" / ".git").mkdir()
    assert repository().folder == "ranker"


def test_a_worktree_is_a_checkout_too(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /elsewhere\n")
    assert repository() == Repository(root=tmp_path.as_posix(), folder="services/ranker")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("layers.py", "services/ranker/layers.py"),
        ("deep/layers.py", "services/ranker/deep/layers.py"),
        ("/code/lib/layers.py", "lib/layers.py"),
        ("/codes/layers.py", "/codes/layers.py"),
    ],
)
def test_files_are_named_from_the_root(file: str, expected: str) -> None:
    assert Repository(root="/code", folder="services/ranker").path(file) == expected
    assert Repository(root="/code", folder="").path("layers.py") == "layers.py"
