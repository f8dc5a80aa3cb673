"""The gate as a process: parallel and sharded runs, the cache, the baseline, an interrupt."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import (
    BROKEN,
    COMMAND,
    ENVIRONMENT,
    SOUND,
    layerdoctor,
    running,
    target,
    without_times,
    write,
)

CONFIG = "\n".join(
    [
        *(target(f"sound_{number}", "sound:Sound") for number in range(2)),
        *(target(f"hidden_{number}", "broken:Hidden") for number in range(2)),
        target("failing", "broken:Failing"),
    ]
)

SLOW = """
import time

import keras


class Slow(keras.layers.Layer):
    def call(self, inputs):
        time.sleep(600)
        return inputs
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with five targets, three of them broken."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, sound=SOUND, broken=BROKEN, config=CONFIG)
    return folder


def write_two(folder: Path) -> Path:
    """Write one sound and one broken layer."""
    config = target("sound", "sound:Sound") + target("hidden", "broken:Hidden")
    write(folder, sound=SOUND, broken=BROKEN, config=config)
    return folder


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two layers that was checked once."""
    folder = write_two(tmp_path_factory.mktemp("checked"))
    assert layerdoctor("check", cwd=folder).returncode == 1
    return folder


@pytest.fixture
def own(checked: Path, tmp_path: Path) -> Path:
    """A copy of it, with its cache, for a test to change."""
    shutil.copytree(checked, tmp_path / "own")
    return tmp_path / "own"


@pytest.fixture(scope="module")
def one_by_one(project: Path) -> subprocess.CompletedProcess[str]:
    """A run over all targets, one at a time."""
    result = layerdoctor("check", "--no-cache", "--jobs", "1", "--format", "json", cwd=project)
    assert result.returncode == 1, result.stderr
    return result


@pytest.fixture(scope="module")
def whole(one_by_one: subprocess.CompletedProcess[str]) -> Any:
    """Its report."""
    return without_times(one_by_one.stdout)


def test_parallel_runs_report_the_same(project: Path, whole: Any) -> None:
    result = layerdoctor("check", "--no-cache", "--jobs", "3", "--format", "json", cwd=project)
    assert without_times(result.stdout) == whole
    assert [each["id"] for each in whole["targets"]][:2] == ["sound_0", "sound_1"]


def test_shards_merged_are_the_whole(project: Path, whole: Any, tmp_path: Path) -> None:
    names = []
    for number in (1, 2, 3):
        names.append(str(tmp_path / f"{number}.json"))
        shard = ("--shard", f"{number}/3", "--no-cache", "--format", "json", "--output", names[-1])
        layerdoctor("check", *shard, cwd=project)
    assert {len(json.loads(Path(name).read_text())["targets"]) for name in names} != {5}
    result = layerdoctor("merge", *reversed(names), "--format", "json", cwd=project)
    assert result.returncode == 1
    assert without_times(result.stdout) == whole
    part = layerdoctor("merge", names[0], names[2], cwd=project)
    assert part.returncode == 2
    assert "the report of shard 2/3 is missing" in part.stderr


def test_progress_is_told_on_standard_error(
    project: Path, one_by_one: subprocess.CompletedProcess[str]
) -> None:
    assert "layerdoctor: 5 of 5 layers examined" in one_by_one.stderr
    json.loads(one_by_one.stdout)
    quiet = layerdoctor("check", "sound_0", "sound_1", "--no-cache", "--quiet", cwd=project)
    assert "layers examined" not in quiet.stderr


def test_an_unchanged_project_is_not_examined_again(tmp_path: Path) -> None:
    own = write_two(tmp_path)
    first = layerdoctor("check", "--format", "json", cwd=own)
    assert "the layer speaks" in first.stderr
    again = layerdoctor("check", "--format", "json", cwd=own)
    assert again.stdout == first.stdout.replace('"cached": 0', '"cached": 2')
    assert "the layer speaks" not in again.stderr
    assert "layers examined" not in again.stderr
    assert again.returncode == first.returncode == 1
    fresh = layerdoctor("check", "--no-cache", cwd=own)
    assert "the layer speaks" in fresh.stderr


def test_what_is_cached_imports_no_tensorflow(own: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], "check"],
        capture_output=True,
        check=False,
        cwd=own,
        encoding="utf-8",
        env=ENVIRONMENT,
    )
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "layerdoctor.runner.cache" in imported
    assert imported.isdisjoint({"tensorflow", "keras", "numpy"})
    assert result.returncode == 1


def test_a_module_that_was_missing_and_appears_is_seen(own: Path) -> None:
    optional = "try:\n    import helper\nexcept ImportError:\n    helper = None\n"
    write(own, sound=optional + SOUND)
    layerdoctor("check", "sound", cwd=own)
    assert "the layer speaks" not in layerdoctor("check", "sound", cwd=own).stderr
    write(own, helper="raise RuntimeError('it is there')")
    assert "it is there" in layerdoctor("check", "sound", cwd=own).stdout


def test_mending_a_layer_is_seen(own: Path) -> None:
    assert layerdoctor("check", cwd=own).returncode == 1
    write(own, broken=BROKEN.replace("tf.Variable(2.0)", "2.0"))
    mended = layerdoctor("check", cwd=own)
    assert mended.returncode == 0, mended.stdout


def test_changed_files_select_what_depends_on_them(own: Path) -> None:
    none = layerdoctor("check", "--changed", "README.md", cwd=own)
    assert (none.returncode, none.stdout) == (0, "no layer examined; the run passes\n")
    sound = layerdoctor("check", "--changed", "sound.py", "--format", "json", cwd=own)
    assert sound.returncode == 0
    assert [each["id"] for each in json.loads(sound.stdout)["targets"]] == ["sound"]
    assert layerdoctor("check", "--changed", "sound.py", "broken.py", cwd=own).returncode == 1


def test_a_baseline_accepts_what_is_known(own: Path) -> None:
    written = layerdoctor("check", "--write-baseline", "known.json", cwd=own)
    assert written.returncode == 0
    assert written.stdout.count("\n") == 1
    entries = json.loads((own / "known.json").read_text())["findings"]
    assert ("broken.Hidden", "LD101", "self.gain") in [
        (entry["layer"], entry["code"], entry["subject"]) for entry in entries
    ]
    write(own, broken="# one line more\n" + BROKEN)
    assert layerdoctor("check", "--baseline", "known.json", cwd=own).returncode == 0
    assert layerdoctor("check", cwd=own).returncode == 1
    config = (own / "layerdoctor.toml").read_text()
    write(own, config='baseline = "known.json"\n' + config)
    assert layerdoctor("check", cwd=own).returncode == 0
    write(own, broken=BROKEN.replace("self.gain", "self.other"))
    assert layerdoctor("check", cwd=own).returncode == 1


def test_pruning_a_baseline_drops_what_is_gone(own: Path) -> None:
    layerdoctor("check", "--write-baseline", "known.json", cwd=own)
    write(own, broken=BROKEN.replace("tf.Variable(2.0)", "2.0"))
    stale = layerdoctor("check", "--baseline", "known.json", cwd=own)
    assert "gone: 1 finding that the baseline accepts: `LD101 self.gain of " in stale.stderr
    layerdoctor("check", "sound", "--prune-baseline", "known.json", cwd=own)
    assert json.loads((own / "known.json").read_text())["findings"]
    layerdoctor("check", "--prune-baseline", "known.json", cwd=own)
    assert json.loads((own / "known.json").read_text())["findings"] == []


def test_a_baseline_that_is_missing_is_refused(own: Path) -> None:
    result = layerdoctor("check", "--baseline", "none.json", cwd=own)
    assert result.returncode == 2
    assert "make it with `--write-baseline none.json`" in result.stderr


def test_statistics_count_the_findings_of_each_rule(own: Path) -> None:
    result = layerdoctor("check", "--statistics", "--format", "json", cwd=own)
    assert "     1  LD101  untracked-variable\n" in result.stderr
    json.loads(result.stdout)


def test_several_reports_of_one_run(own: Path) -> None:
    result = layerdoctor(
        *("check", "--format", "json", "--output", "r.json"),
        *("--format", "junit", "--output", "r.xml", "--format", "concise"),
        cwd=own,
    )
    assert "LD101 untracked-variable" in result.stdout
    assert json.loads((own / "r.json").read_text())["summary"]["exit_code"] == 1
    assert "<testsuites" in (own / "r.xml").read_text()


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/b", "1/0"])
def test_a_shard_that_is_none_is_refused(shard: str, own: Path) -> None:
    result = layerdoctor("check", "--shard", shard, cwd=own)
    assert result.returncode == 2
    assert "expected `I/N`, such as `1/3`" in result.stderr


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": 1}'])
def test_what_is_no_report_cannot_be_merged(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(text)
    result = layerdoctor("merge", "r.json", cwd=tmp_path)
    assert result.returncode == 2
    assert "`r.json` is no report made with `--format json`" in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes under /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_prints_what_is_done_and_leaves_no_process(
    number: signal.Signals, tmp_path: Path
) -> None:
    config = target("hidden", "broken:Hidden") + target("slow", "slow:Slow")
    write(tmp_path, broken=BROKEN, slow=SLOW, config=config)
    jobs = ("check", "--no-cache", "--jobs", "1")
    with running(*jobs, cwd=tmp_path, start_new_session=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "1 of 2 layers examined" in line:
                break
        os.kill(process.pid, number)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "LD101 untracked-variable" in stdout
    assert "interrupted: 1 of 2 layers examined" in stderr
    for descriptor in list(of_session(process.pid)):
        ended, _, _ = select.select([descriptor], [], [], 10)
        os.close(descriptor)
        assert ended, "a process was left behind"


def of_session(session: int) -> Iterator[int]:
    """Yield a descriptor, readable when it has ended, of each process of the session."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                yield os.pidfd_open(int(folder.name))
        except (OSError, ProcessLookupError):
            continue


def test_rules_can_be_ignored_by_path(own: Path) -> None:
    config = (own / "layerdoctor.toml").read_text()
    write(own, config=f'per-path-ignores = {{ "brok*.py" = ["untracked-variable"] }}\n{config}')
    assert layerdoctor("check", cwd=own).returncode == 0
    write(own, config=f'per-path-ignores = {{ "other/**" = ["LD101"] }}\n{config}')
    assert layerdoctor("check", cwd=own).returncode == 1


def test_messages_do_not_differ_from_run_to_run(tmp_path: Path) -> None:
    leaking = """
import keras
import tensorflow as tf


class Leaking(keras.layers.Layer):
    kept = None

    def call(self, inputs):
        if self.kept is None:
            self.kept = tf.reduce_sum(inputs)
        return inputs + self.kept
"""
    write(tmp_path, leaking=leaking, config=target("leaking", "leaking:Leaking"))
    first, second = (
        without_times(layerdoctor("check", "--no-cache", "-f", "json", cwd=tmp_path).stdout)
        for _ in range(2)
    )
    assert "LD402" in {finding["code"] for finding in first["targets"][0]["findings"]}
    assert first == second
