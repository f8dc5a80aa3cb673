"""The hooks, run by pre-commit itself in a repository of their own."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import BROKEN, ENVIRONMENT, ROOT, SOUND, target, write
from tests.warm_start import client as warm

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        shutil.which("git") is None or importlib.util.find_spec("pre_commit") is None,
        reason="needs git and pre-commit",
    ),
]


class Repository:
    """The folder ``project`` in another, under git, with a hook installed from a local clone."""

    def __init__(self, folder: Path, hook: str) -> None:
        self._environment = {
            **{name: text for name, text in ENVIRONMENT.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "PRE_COMMIT_HOME": str(folder / "home"),
            **warm.environment(),
            "PATH": os.pathsep.join([str(folder), ENVIRONMENT["PATH"]]),
        }
        program = folder / "layerdoctor"
        program.write_text('#!/bin/sh\nexec "$WARM_PYTHON" -m layerdoctor "$@"\n')
        program.chmod(0o700)
        hooks, self.folder = folder / "hooks", folder / "project"
        for place in (hooks, self.folder):
            place.mkdir(exist_ok=True)
            self.git("init", "--quiet", cwd=place)
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
        self.commit(hooks)
        revision = self.git("rev-parse", "HEAD", cwd=hooks).strip()
        (self.folder / ".pre-commit-config.yaml").write_text(
            f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"
        )

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.com")
        return subprocess.run(
            ["git", *identity, *arguments],
            capture_output=True,
            check=True,
            cwd=cwd or self.folder,
            encoding="utf-8",
            env=self._environment,
        ).stdout

    def commit(self, folder: Path | None = None) -> None:
        self.git("add", "--all", cwd=folder)
        self.git("commit", "--quiet", "--message", "work", cwd=folder)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all")
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--verbose", *arguments],
            capture_output=True,
            check=False,
            cwd=self.folder,
            encoding="utf-8",
            env=self._environment,
        )


def small(folder: Path, hook: str) -> Repository:
    """Return a project with one sound and one broken layer."""
    repository = Repository(folder, hook)
    config = target("sound", "sound:Sound") + target("hidden", "broken:Hidden")
    write(repository.folder, sound=SOUND, broken=BROKEN, config=config)
    (repository.folder / "README.md").write_text("layers")
    return repository


def test_the_gate_fails_on_a_broken_layer_and_passes_when_it_is_mended(tmp_path: Path) -> None:
    repository = small(tmp_path, "layerdoctor-all")
    broken = repository.run("--all-files")
    assert broken.returncode == 1
    assert "broken.py:9:9: LD101 untracked-variable" in broken.stdout
    write(repository.folder, broken=BROKEN.replace("tf.Variable(2.0)", "2.0"))
    mended = repository.run("--all-files")
    assert mended.returncode == 0, mended.stdout
    again = repository.run("--all-files")
    assert again.returncode == 0
    assert "layers examined" not in again.stdout
    assert re.search(r"duration: \d", again.stdout)
    assert repository.git("status", "--porcelain", "--ignored").count("cache") == 1


def test_changed_files_are_mapped_to_the_layers_they_take_part_in(tmp_path: Path) -> None:
    repository = small(tmp_path, "layerdoctor")
    assert repository.run().returncode == 1
    repository.commit()
    write(repository.folder, sound=f"{SOUND}\n# a remark\n")
    sound = repository.run()
    assert sound.returncode == 0, sound.stdout
    assert "the layer speaks" in sound.stdout
    repository.commit()
    (repository.folder / "README.md").write_text("more layers")
    assert "no layer examined; the run passes" in repository.run().stdout
    write(repository.folder, broken=f"{BROKEN}\n# a remark\n")
    assert "LD101 untracked-variable" in repository.run().stdout


def test_a_commit_that_only_takes_a_module_away_fails(tmp_path: Path) -> None:
    repository = small(tmp_path, "layerdoctor")
    write(repository.folder, config=target("sound", "sound:Sound"))
    (repository.folder / "broken.py").unlink()
    assert repository.run().returncode == 0
    repository.commit()
    (repository.folder / "sound.py").unlink()
    gone = repository.run()
    assert gone.returncode == 1
    assert "there is no module `sound`" in gone.stdout
