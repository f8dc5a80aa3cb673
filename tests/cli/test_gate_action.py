"""The composite action: its shell steps are run as a runner would run them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import BROKEN, ENVIRONMENT, ROOT, SOUND, target, write
from tests.warm_start import client as warm

yaml = pytest.importorskip("yaml")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")

ACTION = yaml.safe_load((ROOT / ".github" / "action.yml").read_text(encoding="utf-8"))


class Runner:
    """Runs the action's own steps in a checkout, in order, until one of them fails."""

    def __init__(self, workspace: Path, **inputs: str) -> None:
        self.workspace = workspace
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        defaults = {name: item.get("default", "") for name, item in ACTION["inputs"].items()}
        self.values = {f"inputs.{name}": value for name, value in (defaults | given).items()}
        self.summary = ""
        self.steps = [self._run(step) for step in ACTION["runs"]["steps"] if "run" in step]
        self.last = self.steps[-1]

    def outputs(self) -> dict[str, str]:
        """Return what the workflow that uses the action sees."""
        return {name: self._filled(item["value"]) for name, item in ACTION["outputs"].items()}

    def _run(self, step: Any) -> subprocess.CompletedProcess[str]:
        files = {name: self.workspace / f"{name}.txt" for name in ("OUTPUT", "STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        given = {name: self._filled(value) for name, value in step["env"].items()}
        own = {f"GITHUB_{name}": str(file) for name, file in files.items()}
        result = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            capture_output=True,
            check=False,
            cwd=self.workspace / self._filled(step["working-directory"]),
            encoding="utf-8",
            env=ENVIRONMENT
            | warm.environment()
            | {"GITHUB_WORKSPACE": str(self.workspace)}
            | given
            | own,
        )
        for line in files["OUTPUT"].read_text().splitlines():
            name, _, value = line.partition("=")
            self.values[f"steps.{step['id']}.outputs.{name}"] = value
        self.summary += files["STEP_SUMMARY"].read_text()
        return result

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: self.values.get(found[1], ""), text)


def test_the_action_writes_reports_outputs_and_the_summary(tmp_path: Path) -> None:
    folder = tmp_path / "services" / "ranker"
    folder.mkdir(parents=True)
    config = target("sound", "sound:Sound") + target("hidden one", "broken:Hidden")
    write(folder, sound=SOUND, broken=BROKEN, config=config.replace("hidden one", '"hidden one"'))
    run = Runner(
        tmp_path,
        arguments="--timeout 50\n  'hidden one'\nsound\n",
        working_directory="services/ranker",
        python=warm.environment()["WARM_PYTHON"],
        shard="1/1",
    )
    assert run.last.returncode == 1, run.last.stderr
    assert "::error file=services/ranker/broken.py,line=9," in run.last.stdout
    assert run.outputs() == {"exit-code": "1", "errors": "1", "warnings": "0"}
    report = json.loads((folder / "layerdoctor.json").read_text())
    assert [each["id"] for each in report["targets"]] == ["hidden one", "sound"]
    assert json.loads((folder / "layerdoctor.sarif").read_text())["version"] == "2.1.0"
    assert run.summary.startswith("### layerdoctor: 1 error")
    assert run.values["steps.python.outputs.version"].startswith("3.")


@pytest.mark.parametrize("arguments", ["--no-such-option", "'never closed"])
def test_what_is_refused_fails_the_step_and_leaves_no_counts(
    arguments: str, tmp_path: Path
) -> None:
    (tmp_path / "layerdoctor.json").write_text('{"summary": {"errors": 7, "warnings": 7}}')
    run = Runner(tmp_path, arguments=arguments, python=sys.executable)
    assert run.last.returncode != 0
    assert run.outputs()["errors"] == ""


def test_the_cache_is_one_for_each_python_job_folder_and_shard() -> None:
    (step,) = (step for step in ACTION["runs"]["steps"] if "uses" in step)
    named = ("steps.python.outputs.version", "github.job", "inputs.shard", "runner.os")
    for name in named:
        assert f"${{{{ {name} }}}}" in step["with"]["restore-keys"]
    assert step["with"]["key"].startswith(step["with"]["restore-keys"])
