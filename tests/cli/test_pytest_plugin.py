"""``pytest --layerdoctor`` as a process, and the fixture on real layers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import BROKEN, ENVIRONMENT, SOUND, layerdoctor, target, write
from tests.warm_start import client as warm

CONFIG = "\n".join(
    [
        target("sound", "sound:Sound"),
        target("hidden", "broken:Hidden"),
        target("failing", "broken:Failing"),
        target("accepted", "broken:Hidden", 'ignore = ["LD101"]'),
        target("gone", "nowhere:Gone"),
    ]
)
PYTEST = (sys.executable, "-m", "pytest", "-p", "tests.warm_start.plugin")
OUTCOMES = {
    "accepted": "PASSED",
    "failing": "FAILED",
    "gone": "FAILED",
    "hidden": "FAILED",
    "sound": "PASSED",
}

FIXTURE = """
import numpy as np
import pytest

import broken
import sound
from layerdoctor.pytest_plugin import UnhealthyLayer


def test_a_sound_layer(layerdoctor):
    layer = sound.Sound()
    layer.build((2, 5))
    layer.set_weights([np.full(5, 3.0)])
    layerdoctor.check(layer, np.ones((2, 5), "float32"))
    assert layer.get_weights()[0].tolist() == [3.0] * 5


def test_a_broken_layer(layerdoctor):
    layer = broken.Hidden()
    with pytest.raises(UnhealthyLayer, match="LD101 untracked-variable"):
        layerdoctor.check(layer, (2, 5))
    layerdoctor.check(layer, (2, 5), ignore=["LD101"])
    assert layer.gain.numpy() == 2.0
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write(folder, sound=SOUND, broken=BROKEN, config=CONFIG)
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    (folder / "tests").mkdir()
    write(folder / "tests", test_own="def test_own():\n    pass\n")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PYTEST, "-p", "no:cacheprovider", "-rA", *arguments],
        capture_output=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
        env={**ENVIRONMENT, **warm.environment()},
    )


def run_with_layers(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it over tests that make layers, in a process that has TensorFlow imported already."""
    given = ["-p", "tests.warm_start.plugin", "-p", "no:cacheprovider", "-rA", *arguments]
    write(folder, run=f"import sys, pytest\nsys.exit(pytest.main({given}))\n")
    return subprocess.run(
        warm.script("run.py"),
        capture_output=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
        env={**ENVIRONMENT, **warm.environment(), "KERAS_BACKEND": "tensorflow"},
    )


def outcomes(text: str) -> dict[str, str]:
    found = re.findall(r"^(PASSED|FAILED) layerdoctor\.toml::(\w+)", text, flags=re.MULTILINE)
    return {name: outcome for outcome, name in found}


@pytest.fixture(scope="module")
def plain(project: Path) -> str:
    return run(project, "--layerdoctor", "--layerdoctor-no-cache").stdout


def test_each_configured_target_is_a_test(plain: str) -> None:
    assert outcomes(plain) == OUTCOMES
    assert "PASSED tests/test_own.py::test_own" in plain


def test_a_failure_shows_the_finding_and_the_source(plain: str) -> None:
    assert "broken.py:9:" in plain
    assert "LD101 untracked-variable" in plain
    assert "self.gain = tf.Variable(2.0)" in plain
    assert "there is no module `nowhere`" in plain


SUMMARY = "FAILED layerdoctor.toml::hidden - LD101 untracked-variable: `self.gain` is a"


def test_the_short_summary_says_the_finding(plain: str) -> None:
    assert SUMMARY in plain
    assert "FAILED layerdoctor.toml::gone - there is no module `nowhere`" in plain


def test_spread_over_processes_the_outcome_is_the_same(project: Path) -> None:
    spread = run(project, "--layerdoctor", "--layerdoctor-no-cache", "-n", "2").stdout
    assert outcomes(spread) == OUTCOMES
    assert SUMMARY in spread


def test_a_config_without_targets_collects_what_is_discovered(tmp_path: Path) -> None:
    write(tmp_path, sound=SOUND, torn="import keras\nclass Torn(keras.Layer:\n", config="")
    result = run(tmp_path, "--layerdoctor")
    assert "PASSED layerdoctor.toml::sound:Sound" in result.stdout
    assert "FAILED layerdoctor.toml::torn.py - `torn.py` cannot be parsed" in result.stdout


def test_without_the_option_no_layer_is_collected(project: Path) -> None:
    result = run(project)
    assert result.returncode == 0
    assert outcomes(result.stdout) == {}


def test_one_target_can_be_run_alone(project: Path) -> None:
    result = run(project, "--layerdoctor", "layerdoctor.toml::sound")
    assert result.returncode == 0, result.stdout
    assert outcomes(result.stdout) == {"sound": "PASSED"}


def test_ids_are_those_of_the_config_in_its_order(project: Path) -> None:
    for arguments in ((), (".",), ("tests",)):
        result = run(project, "--layerdoctor", "--collect-only", "-q", *arguments)
        found = re.findall(r"^layerdoctor\.toml::(\w+)$", result.stdout, flags=re.MULTILINE)
        assert found == ["sound", "hidden", "failing", "accepted", "gone"]


def test_a_config_with_an_error_fails_the_collection(project: Path, tmp_path: Path) -> None:
    write(tmp_path, config="[targets.a]\ntargte = 1\n")
    result = run(tmp_path, "--layerdoctor")
    assert result.returncode == 2
    assert "did you mean `target`?" in result.stdout


def test_without_a_config_the_option_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path, "--layerdoctor", "--rootdir", str(tmp_path))
    assert result.returncode == 4
    assert "found no `layerdoctor.toml`" in result.stderr


def test_layers_without_a_target_fail_a_strict_run(tmp_path: Path) -> None:
    write(tmp_path, broken=BROKEN, config=f"strict = true\n{target('hidden', 'broken:Hidden')}")
    result = run(tmp_path, "--layerdoctor", "-k", "untargeted")
    summary = "FAILED layerdoctor.toml::untargeted - no target names broken:Failing"
    assert summary in result.stdout


LAYERS_AT_HAND = """
import pytest

import broken


def test_accepted(layerdoctor):
    layerdoctor.check(broken.Hidden(), (2, 5))


def test_not_accepted(layerdoctor):
    layerdoctor.check(broken.Failing(), (2, 5))
"""


def test_the_config_and_its_baseline_count_everywhere(tmp_path: Path) -> None:
    targets = target("hidden", "broken:Hidden") + target("failing", "broken:Failing")
    write(tmp_path, broken=BROKEN, test_layers=LAYERS_AT_HAND, config=targets)
    layerdoctor("check", "hidden", "--write-baseline", "known.json", cwd=tmp_path)
    write(tmp_path, config=f'baseline = "known.json"\n{targets}')
    result = run_with_layers(tmp_path, "--layerdoctor")
    for name in ("layerdoctor.toml::hidden", "test_layers.py::test_accepted"):
        assert f"PASSED {name}" in result.stdout
    for name in ("layerdoctor.toml::failing - ", "test_layers.py::test_not_accepted - Unhealthy"):
        assert f"FAILED {name}" in result.stdout
    assert "pytest_plugin.py" not in result.stdout
    softer = 'ignore = ["LD101"]\nseverity = { LD003 = "note" }\n'
    write(tmp_path, config=softer + targets)
    assert run_with_layers(tmp_path, "--layerdoctor").returncode == 0


def test_the_fixture_examines_layers_that_a_test_has_built(tmp_path: Path) -> None:
    write(tmp_path, sound=SOUND, broken=BROKEN, test_layers=FIXTURE)
    result = run_with_layers(tmp_path)
    assert result.returncode == 0, result.stdout
