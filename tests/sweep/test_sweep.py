"""Every public layer of Keras 3 and of Keras 2 is examined, and what is said of it is true."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.sweep.real_faults import REAL_FAULTS

HERE = Path(__file__).parent
SWEPT = {"keras": "3.15", "tf_keras": "2.21"}
"""The versions whose classes the configs list."""

PUBLIC_CLASSES = """
import importlib, inspect, json, sys
layers = importlib.import_module(sys.argv[1] + ".layers")
classes = {}
for name, value in vars(layers).items():
    if inspect.isclass(value) and issubclass(value, layers.Layer):
        classes.setdefault(value, []).append(name)
print(json.dumps(list(classes.values())))
"""

pytestmark = pytest.mark.parametrize("framework", list(SWEPT))


def config_of(framework: str) -> Path:
    return HERE / f"{framework}_layers.toml"


def configured(framework: str) -> set[str]:
    return set(msgspec.toml.decode(config_of(framework).read_bytes())["targets"])


def left_out(framework: str) -> set[str]:
    reasons = msgspec.toml.decode((HERE / "left_out.toml").read_bytes())[framework]
    return {name for name, reason in reasons.items() if reason}


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    """Return the report of each framework as it is asked for."""
    return {}


@pytest.fixture
def report(framework: str, reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if framework not in reports:
        reports[framework] = examine(config_of(framework))
    return reports[framework]


def examine(config: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "layerdoctor", "check", "--config", str(config)]
    result = subprocess.run(
        [*command, "--format", "json", "--no-cache"], capture_output=True, check=False, text=True
    )
    assert result.returncode in {0, 1}, result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def test_every_public_class_is_configured_or_left_out(framework: str) -> None:
    version = importlib.metadata.version(framework.replace("_", "-"))
    if not version.startswith(SWEPT[framework] + "."):
        pytest.skip(f"{framework} {version} is not the version that was swept")
    output = subprocess.run(
        [sys.executable, "-c", PUBLIC_CLASSES, framework],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    public: list[list[str]] = json.loads(output)
    known = configured(framework) | left_out(framework)
    assert [names for names in public if not known.intersection(names)] == []
    assert known <= {name for names in public for name in names}
    assert len(left_out(framework)) <= 0.05 * len(public)


def test_no_class_is_both_configured_and_left_out(framework: str) -> None:
    assert configured(framework) & left_out(framework) == set()


@pytest.mark.sweep
def test_every_target_is_examined(framework: str, report: dict[str, Any]) -> None:
    unexamined = {
        target["id"]: target["error"]
        for target in report["targets"]
        if target["status"] != "examined"
    }
    assert unexamined == {}
    assert {target["id"] for target in report["targets"]} == configured(framework)


@pytest.mark.sweep
def test_every_error_and_warning_is_a_real_fault(framework: str, report: dict[str, Any]) -> None:
    found = {
        (target["id"], finding["rule"]): finding["message"]
        for target in report["targets"]
        for finding in target["findings"]
        if finding["severity"] != "note"
    }
    faults = REAL_FAULTS[framework]
    assert {key: found[key] for key in found.keys() - faults.keys()} == {}
    assert {key: faults[key].__doc__ for key in faults.keys() - found.keys()} == {}


def test_plain_keras_shows_each_real_fault(framework: str) -> None:
    for shown in REAL_FAULTS[framework].values():
        shown()


@pytest.mark.sweep
def test_every_weight_carries_the_name_of_its_owner(report: dict[str, Any]) -> None:
    loaded = {"TFSMLayer"}
    nameless = {
        target["id"]
        for target in report["targets"]
        for weight in target["weights"]
        if not weight["attribute"].startswith("self.")
    }
    assert nameless <= loaded, "only an exported model keeps its variables out of reach"
