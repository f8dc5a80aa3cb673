"""One repository as teams have them: three folders, twelve layers, driven by all that gates it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_gate_action import Runner
from tests.cli.test_precommit import Repository as Hooked
from tests.command import ENVIRONMENT, layerdoctor
from tests.warm_start import client as warm

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(shutil.which("git") is None, reason="needs git"),
    pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash"),
]

HEAD = "import keras\nimport tensorflow as tf\n"

SOUND = """

class {name}(keras.layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.gain
"""

HIDDEN = """

class Hidden(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.gain = tf.Variable(2.0)

    def call(self, inputs):
        return inputs * self.gain
"""

FLAT = HEAD + "".join(SOUND.format(name=name) for name in ("One", "Two", "Three")) + HIDDEN
"""The module of each of two folders that are no packages."""
PACKAGE = HEAD + "".join(SOUND.format(name=name) for name in ("Five", "Six", "Seven", "Eight"))

FILES = {
    "services/search/layers.py": FLAT,
    "services/vision/layers.py": FLAT,
    "services/ranker/src/ranker/__init__.py": "",
    "services/ranker/src/ranker/layers.py": PACKAGE,
    "services/ranker/pyproject.toml": '[project]\nname = "ranker"\nversion = "1.0"\n'
    "[tool.layerdoctor]\napp-dir = 'src'\n[tool.layerdoctor.targets.eight]\n"
    "target = 'ranker.layers:Eight'\ninputs = [{ shape = [2, 5] }]\n",
    ".gitignore": ".layerdoctor_cache\n*.json\n*.sarif\n__pycache__\n.pytest_cache\n",
}


def config() -> str:
    """Return a table for each of the twelve layers."""
    specs = [
        *(
            f"services/{folder}/layers.py:{name}"
            for folder in ("search", "vision")
            for name in ("One", "Two", "Three", "Hidden")
        ),
        *(f"ranker.layers:{name}" for name in ("Five", "Six", "Seven", "Eight")),
    ]
    tables = (
        f'[targets.t{number:02}]\ntarget = "{spec}"\ninputs = [{{ shape = [2, 5] }}]\n'
        for number, spec in enumerate(specs)
    )
    return 'app-dir = ["services/ranker/src"]\n' + "\n".join(tables)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.com")
    clean = {name: text for name, text in ENVIRONMENT.items() if not name.startswith("GIT_")}
    none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", *identity, *arguments]
    subprocess.run(command, check=True, cwd=folder, env=clean | none, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, examined in three shards that share a cache."""
    folder = tmp_path_factory.mktemp("machine") / "repository"
    for name, text in {**FILES, "layerdoctor.toml": config()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "layers")
    for number in (1, 2, 3):
        part = ("--shard", f"{number}/3", "--format", "json", "--output", f"{number}.json")
        layerdoctor("check", *part, cwd=folder)
    return folder


def summary(*arguments: str, folder: Path) -> Any:
    result = layerdoctor("check", "--format", "json", *arguments, cwd=folder)
    return json.loads(result.stdout)["summary"]


def test_three_shards_tell_of_each_layer_once(repository: Path) -> None:
    parts = [json.loads((repository / f"{number}.json").read_text()) for number in (1, 2, 3)]
    assert [len(part["targets"]) for part in parts] == [4, 4, 4]
    shards = [f"{number}.json" for number in (3, 1, 2)]
    whole = layerdoctor("merge", *shards, shards[0], "--format", "json", cwd=repository)
    assert whole.returncode == 1
    targets = json.loads(whole.stdout)["targets"]
    assert [each["id"] for each in targets] == [f"t{number:02}" for number in range(12)]
    found = [(each["layer"], finding) for each in targets for finding in each["findings"]]
    hidden = {layer: each["fingerprint"] for layer, each in found if each["code"] == "LD101"}
    assert sorted(hidden) == ["services/search/layers.Hidden", "services/vision/layers.Hidden"]
    assert len(set(hidden.values())) == 2


def test_branches_and_another_place_find_what_is_known(repository: Path, tmp_path: Path) -> None:
    assert summary(folder=repository)["cached"] == 12
    git(repository, "checkout", "--quiet", "-b", "mended")
    file = repository / "services" / "vision" / "layers.py"
    file.write_text(file.read_text().replace("tf.Variable(2.0)", "2.0"))
    git(repository, "commit", "--quiet", "--all", "--message", "mend")
    result = layerdoctor("check", "--format", "json", cwd=repository)
    mended = json.loads(result.stdout)["summary"]
    assert (mended["cached"], mended["errors"]) == (8, 1)
    assert "4 of 4 layers examined" in result.stderr
    assert "5 of 4" not in result.stderr
    git(repository, "checkout", "--quiet", "main")
    assert summary(folder=repository)["cached"] == 12
    git(repository, "checkout", "--quiet", "mended")
    assert summary(folder=repository)["cached"] == 12
    git(repository, "checkout", "--quiet", "main")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(repository, elsewhere)
    assert summary(folder=elsewhere)["cached"] == 12


def test_what_a_change_concerns_is_checked(repository: Path) -> None:
    changed = ("--changed", "services/ranker/src/ranker/layers.py")
    assert summary(*changed, folder=repository)["targets"] == 4


def test_the_action_runs_in_one_folder_and_names_files_from_the_root(repository: Path) -> None:
    python = warm.environment()["WARM_PYTHON"]
    layers = repository / "services" / "ranker" / "src" / "ranker" / "layers.py"
    layers.write_text(PACKAGE.replace("class Eight", "class Ate"))
    run = Runner(repository, working_directory="services/ranker", python=python)
    git(repository, "checkout", "--quiet", "--", ".")
    assert run.last.returncode == 2, run.last.stderr
    assert run.outputs() == {"exit-code": "2", "errors": "0", "warnings": "0"}
    layers.write_text(PACKAGE + "\nraise RuntimeError('not today')\n")
    run = Runner(repository, working_directory="services/ranker", python=python)
    git(repository, "checkout", "--quiet", "--", ".")
    line = PACKAGE.count("\n") + 2
    assert f"::error file=services/ranker/src/ranker/layers.py,line={line}" in run.last.stdout


@pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="needs pre-commit")
def test_the_hook_runs_over_what_is_known(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository, tmp_path / "project")
    result = Hooked(tmp_path, "layerdoctor-all").run("--all-files")
    assert result.returncode == 1
    for folder in ("search", "vision"):
        assert f"services/{folder}/layers.py" in result.stdout
    assert "12 from the cache" in result.stdout


def test_pytest_spreads_the_targets_over_two_workers(repository: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--layerdoctor", "-q", "-n", "2", "."],
        capture_output=True,
        check=False,
        cwd=repository,
        encoding="utf-8",
        env=ENVIRONMENT,
    )
    assert "2 failed, 10 passed" in result.stdout, result.stdout
