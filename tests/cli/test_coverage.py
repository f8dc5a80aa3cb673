"""What a run did not look at is told, counted, and fails a strict one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.command import SOUND, layerdoctor, target, write

TORN = """
import keras
<<<<<<< HEAD
class Torn(keras.layers.Layer): ...
=======
>>>>>>> other
"""
BENT = "import keras\n\n\nclass Bent(keras.layers.Layer:\n    ...\n"
MORE = """
import keras


class Lonely(keras.layers.Layer):
    def call(self, inputs):
        return inputs


class Made(keras.layers.Layer):
    def call(self, inputs):
        return inputs


def make():
    return Made()
"""
CONFIG = target("sound", "sound:Sound") + target("made", "more:make")


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of three layer classes and two targets that was checked once."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, sound=SOUND, more=MORE, config=CONFIG)
    result = layerdoctor("check", cwd=folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture
def own(checked: Path, tmp_path: Path) -> Path:
    """A copy of it, with its cache, for a test to change."""
    shutil.copytree(checked, tmp_path / "project")
    return tmp_path / "project"


def ids(report: str) -> list[str]:
    return [each["id"] for each in json.loads(report)["targets"]]


@pytest.mark.parametrize("arguments", [("check",), ("check", "."), ("check", "torn.py"), ("list",)])
def test_a_file_that_cannot_be_parsed_is_an_error(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    write(tmp_path, torn=TORN)
    result = layerdoctor(*arguments, cwd=tmp_path)
    told = "`torn.py` cannot be parsed: it holds the marks of a merge conflict, at torn.py:3"
    assert told in result.stdout + result.stderr
    assert result.returncode == 2


def test_it_is_an_error_beside_what_is_configured_too(own: Path) -> None:
    write(own, bent=BENT)
    result = layerdoctor("check", "--format", "json", cwd=own)
    document = json.loads(result.stdout)
    [error] = [each for each in document["targets"] if each["status"] == "error"]
    assert (error["id"], error["file"], error["line"]) == ("bent.py", "bent.py", 4)
    assert error["error"]["message"].endswith(", at bent.py:4")
    assert result.returncode == document["summary"]["exit_code"] == 2
    assert "what could not be examined fails the run" in result.stderr
    named = layerdoctor("check", "sound", cwd=own)
    assert named.returncode == 0


def test_what_no_layer_could_be_in_is_left_alone(own: Path) -> None:
    write(own, bent="class Half(:\n")
    assert layerdoctor("check", cwd=own).returncode == 0
    assert layerdoctor("check", "bent.py", cwd=own).returncode == 2


def test_classes_without_a_target_are_counted(own: Path) -> None:
    result = layerdoctor("check", "--format", "json", cwd=own)
    document = json.loads(result.stdout)
    assert document["untargeted"] == ["more:Lonely"]
    assert document["summary"]["untargeted"] == 1
    assert document["summary"]["cached"] == document["summary"]["targets"] == 2
    assert "1 layer class has no target: `more:Lonely`" in result.stderr
    closing = "no findings in 2 layers, 2 from the cache, 1 without a target; the run passes"
    assert f"layerdoctor: {closing}\n" in result.stderr
    assert layerdoctor("check", cwd=own).stdout == f"{closing}\n"
    assert "no target" not in layerdoctor("check", "sound", cwd=own).stderr


def test_they_fail_a_strict_run(own: Path) -> None:
    strict = layerdoctor("check", "--strict", cwd=own)
    assert strict.returncode == 2
    assert strict.stdout.endswith("what has no target fails the run\n")
    write(own, config=f"strict = true\n{CONFIG}")
    assert layerdoctor("check", cwd=own).returncode == 2
    assert layerdoctor("check", "--no-strict", cwd=own).returncode == 0
    write(own, config=f'strict = true\nexclude = ["more.py"]\n{CONFIG}')
    assert layerdoctor("check", cwd=own).returncode == 0


def test_a_changed_file_means_what_rests_on_it_and_what_is_in_it(own: Path) -> None:
    def changed(*files: str) -> list[str]:
        result = layerdoctor("check", "--format", "json", "--changed", *files, cwd=own)
        assert result.returncode == 0, result.stderr
        return ids(result.stdout)

    assert changed("README.md") == []
    assert changed("sound.py") == ["sound"]
    assert changed("more.py") == ["made", "more:Lonely", "more:Made"]


def test_a_target_whose_module_is_gone_is_examined_whatever_has_changed(own: Path) -> None:
    (own / "sound.py").rename(own / "renamed.py")
    result = layerdoctor("check", "--format", "json", "--changed", "renamed.py", cwd=own)
    assert result.returncode == 2
    assert ids(result.stdout) == ["sound", "renamed:Sound"]


def test_a_changed_file_that_cannot_be_parsed_is_an_error(own: Path) -> None:
    write(own, torn=TORN)
    assert layerdoctor("check", "--changed", "sound.py", cwd=own).returncode == 0
    torn = layerdoctor("check", "--changed", "torn.py", cwd=own)
    assert (torn.returncode, "torn.py:3" in torn.stdout) == (2, True)


def test_globs_that_match_nothing_are_told(own: Path) -> None:
    globs = 'exclude = ["old/", "tests/**"]\nper-path-ignores = { "old/*.py" = ["LD1"] }\n'
    (own / "tests").mkdir()
    write(own, config=globs + CONFIG)
    told = layerdoctor("check", cwd=own).stderr
    assert "exclude: `old/` matches nothing under the `app-dir`" in told
    assert "per-path-ignores: `old/*.py` matches the file of no layer" in told
    assert "tests/**" not in told


def test_a_config_that_is_not_read_is_told(own: Path) -> None:
    (own / "pyproject.toml").write_text("[tool.layerdoctor]\nstrict = true\n")
    told = "layerdoctor.toml is read, and not `[tool.layerdoctor]` of the pyproject.toml beside it"
    result = layerdoctor("check", "sound", cwd=own)
    assert result.returncode == 0
    assert told in result.stderr
    (own / "pyproject.toml").write_text("[tool.other]\n")
    assert told not in layerdoctor("check", "sound", cwd=own).stderr


PICKY = """
import keras


class Picky(keras.layers.Layer):
    def __init__(self, settings, **kwargs):
        super().__init__(**kwargs)
        self.units = settings.oddly_named

    def call(self, inputs):
        return inputs
"""


def test_init_keeps_what_was_skipped_as_a_comment(tmp_path: Path) -> None:
    write(tmp_path, sound=SOUND, picky=PICKY)
    first = layerdoctor("check", "--init", cwd=tmp_path)
    assert "1 target added to `layerdoctor.toml`, 1 as comments" in first.stderr
    written = (tmp_path / "layerdoctor.toml").read_text()
    assert '\n# [targets.picky]\n# target = "picky:Picky"' in written
    assert written.count("# skipped: ") == 1
    again = layerdoctor("check", "--init", cwd=tmp_path)
    assert "0 targets added" in again.stderr
    assert (tmp_path / "layerdoctor.toml").read_text() == written
    told = layerdoctor("check", cwd=tmp_path)
    assert "1 layer class has no target: `picky:Picky`" in told.stderr


def package(folder: Path, gain: str) -> None:
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    write(folder, layers=SOUND.replace("ones", gain))


def test_init_says_where_the_packages_of_a_src_layout_are(tmp_path: Path) -> None:
    package(tmp_path / "src" / "mypkg", "ones")
    project = '[project]\nname = "mypkg"\n'
    (tmp_path / "pyproject.toml").write_text(project)
    result = layerdoctor("check", "--init", cwd=tmp_path)
    assert "1 target added to `pyproject.toml`" in result.stderr
    written = (tmp_path / "pyproject.toml").read_text()
    assert written.startswith(f'{project}\n[tool.layerdoctor]\napp-dir = "src"\n')
    assert 'target = "mypkg.layers:Sound"' in written
    again = layerdoctor("check", "--format", "json", cwd=tmp_path)
    report: Any = json.loads(again.stdout)
    assert [each["file"] for each in report["targets"]] == ["src/mypkg/layers.py"]
    assert report["untargeted"] == []


def test_a_layer_of_an_installed_copy_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "lib" / "site-packages"
    project = tmp_path / "project"
    package(installed / "mypkg", "zeros")
    package(project / "src" / "mypkg", "ones")
    write(project, config=target("sound", "mypkg.layers:Sound"))
    from tests.command import ENVIRONMENT

    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", f"{ENVIRONMENT['PYTHONPATH']}:{installed}")
    told = layerdoctor("check", cwd=project).stderr
    assert f"`mypkg.layers:Sound` comes from {installed}/mypkg/layers.py, not from" in told
    assert 'set `app-dir = "src"`' in told
    layerdoctor("check", "--app-dir", "src", "--init", cwd=project)
    assert "comes from" not in layerdoctor("check", "--app-dir", "src", cwd=project).stderr
