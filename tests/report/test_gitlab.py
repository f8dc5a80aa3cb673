"""GitLab's code quality report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerdoctor.report import Style, render
from tests.hand_made import write
from tests.report.sample import HEALTHY, MODULE, cut_layer, everything, report


def test_every_issue_has_what_gitlab_asks_for() -> None:
    issues = json.loads(render("gitlab", everything(), Style()))
    assert [issue["check_name"] for issue in issues] == [
        "cut-gradient",
        "fixed-batch-size",
        "call-error",
    ]
    for issue in issues:
        assert issue["description"]
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert not issue["location"]["path"].startswith(("./", "/"))
        assert issue["location"]["lines"]["begin"] >= 1
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints)


def test_an_issue_carries_the_lines_of_its_span(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    first, second = json.loads(render("gitlab", report(cut_layer()), Style()))
    assert first["location"] == {"path": "layers.py", "lines": {"begin": 16, "end": 16}}
    assert second["location"] == {"path": "layers.py", "lines": {"begin": 8}}


def test_a_finding_of_two_targets_of_one_class_stands_once() -> None:
    once = render("gitlab", report(cut_layer()), Style())
    assert render("gitlab", report(cut_layer(), cut_layer()), Style()) == once


def test_without_findings_the_report_is_an_empty_array() -> None:
    assert json.loads(render("gitlab", report(HEALTHY), Style())) == []
