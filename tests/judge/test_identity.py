"""Which layer it is: one name however it is written, two where there are two."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.judge.identity import identity
from layerdoctor.rule import Problem
from tests.hand_made import at, layer, rule, write

RULES = [rule("LD101", "untracked-variable", Problem("self.a", "m", at=at(9)))]


def made(folder: Path, *, package: bool = False) -> str:
    """Write ``layers.py`` into a folder, and make it a package if so wished."""
    folder.mkdir(parents=True, exist_ok=True)
    if package:
        (folder / "__init__.py").touch()
    return write(folder, "class Sample: ...\n")


def fingerprint(file: str, name: str, root: Path) -> str:
    facts = layer(file=file, class_name=name)
    return diagnose(facts, RULES, root=str(root)).findings[0].fingerprint


def test_two_folders_that_are_no_packages_hold_two_layers(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one"), made(tmp_path / "two")
    prints = [fingerprint(file, "layers.Sample", tmp_path) for file in (one, two)]
    assert len(set(prints)) == 2


@pytest.mark.parametrize("name", ["layers.Sample", "models.layers.Sample"])
def test_how_the_module_was_imported_makes_no_difference(name: str, tmp_path: Path) -> None:
    file = made(tmp_path / "models")
    assert identity(layer(file=file, class_name=name), str(tmp_path)) == "models/layers.Sample"


def test_where_the_project_lies_and_the_command_runs_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for project in (tmp_path / "here", tmp_path / "over" / "there"):
        file = made(project / "models")
        for folder in (project, project / "models"):
            monkeypatch.chdir(folder)
            root = os.path.relpath(project)
            seen.add(identity(layer(file=os.path.relpath(file)), root))
    assert seen == {"models/layers.Sample"}


def test_what_lies_beside_the_project_is_named_from_it_inside_the_repository_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (tmp_path / "code" / ".git").mkdir(parents=True)
    project = tmp_path / "code" / "service"
    project.mkdir()
    monkeypatch.chdir(project)
    beside, far = made(tmp_path / "code" / "lib"), made(tmp_path / "far")
    assert identity(layer(file=beside), str(project)) == "../lib/layers.Sample"
    assert identity(layer(file=far), str(project)) == "layers.Sample"


def test_a_package_goes_by_its_name_wherever_it_lies(tmp_path: Path) -> None:
    installed = tmp_path / "site-packages" / "models"
    seen = {
        identity(layer(file=made(folder, package=True), class_name=name), str(tmp_path))
        for folder in (tmp_path / "src" / "models", tmp_path / "models", installed)
        for name in ("models.layers.Sample", "layers.Sample")
        if folder != installed or name.startswith("models")
    }
    assert seen == {"models.layers.Sample"}


def test_a_class_that_says_it_is_another_modules_keeps_that_name(tmp_path: Path) -> None:
    facts = layer(file=made(tmp_path / "models"), class_name="public.Sample")
    assert identity(facts, str(tmp_path)) == "public.Sample"
