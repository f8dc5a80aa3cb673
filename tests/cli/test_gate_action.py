"""The composite action: its script is run as a runner would run it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.command import BROKEN, ENVIRONMENT, ROOT, SOUND, target, write

yaml = pytest.importorskip("yaml")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_action_writes_reports_and_the_summary(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / ".github" / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    script = action["runs"]["steps"][-1]["run"]
    config = target("sound", "sound:Sound") + target("hidden", "broken:Hidden")
    write(tmp_path, sound=SOUND, broken=BROKEN, config=config)
    (tmp_path / "summary.md").write_text("before\n")
    inputs = {
        "ARGUMENTS": "--timeout 50",
        "SHARD": "1/1",
        "SARIF": "layerdoctor.sarif",
        "REPORT": "layerdoctor.json",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    result = subprocess.run(
        ["bash", "-e", "-c", script],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
        env=ENVIRONMENT | inputs,
    )
    assert result.returncode == 1, result.stderr
    assert "::error file=broken.py,line=9," in result.stdout
    assert json.loads((tmp_path / "layerdoctor.json").read_text())["summary"]["errors"] == 1
    assert json.loads((tmp_path / "layerdoctor.sarif").read_text())["version"] == "2.1.0"
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("before\n### layerdoctor: 1 error")
