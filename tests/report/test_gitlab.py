"""GitLab's code quality report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.config.sources.lookup import Unreadable
from layerdoctor.facts import TargetError
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.repository import Repository
from layerdoctor.report import Style, render
from tests.hand_made import at, write
from tests.report.sample import BROKEN, HEALTHY, MODULE, SKIPPED, cut_layer, everything, report


def test_every_issue_has_what_gitlab_asks_for() -> None:
    issues = json.loads(render("gitlab", everything(), Style()))
    assert [issue["check_name"] for issue in issues] == [
        "cut-gradient",
        "fixed-batch-size",
        "call-error",
        "not-examined",
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
    first, second = cut_layer(), cut_layer()
    second = replace(second, facts=replace(second.facts, id="again"))
    once = json.loads(render("gitlab", report(first), Style()))
    twice = json.loads(render("gitlab", report(first, second), Style()))
    assert [issue["fingerprint"] for issue in twice] == [issue["fingerprint"] for issue in once]
    assert "seen in the targets `layers:Sample` and `again`" in twice[0]["description"]


def test_a_target_that_cannot_be_imported_is_an_issue_on_the_authors_line() -> None:
    (issue,) = json.loads(render("gitlab", report(BROKEN, SKIPPED), Style()))
    assert issue["description"] == "gone:Layer was not examined: no module `gone`"
    assert (issue["severity"], issue["location"]["path"]) == ("critical", "gone")
    error = TargetError(kind="import", message="m", location=at(7, None, "pkg/gone.py"))
    failed = replace(BROKEN, facts=replace(BROKEN.facts, error=error))
    (issue,) = json.loads(render("gitlab", report(failed), Style()))
    assert issue["location"] == {"path": "pkg/gone.py", "lines": {"begin": 7}}


def test_paths_start_at_the_root_of_the_repository() -> None:
    inside = replace(report(cut_layer()), repository=Repository(root="/code", folder="a/b"))
    issues = json.loads(render("gitlab", inside, Style()))
    assert {issue["location"]["path"] for issue in issues} == {"a/b/layers.py"}


def test_without_findings_the_report_is_an_empty_array() -> None:
    assert json.loads(render("gitlab", report(HEALTHY), Style())) == []


def test_a_file_that_cannot_be_parsed_is_an_issue_on_its_line() -> None:
    torn = Unreadable(file="pkg/torn.py", line=3, why="it holds the marks of a merge conflict")
    (issue,) = json.loads(render("gitlab", report(Diagnosis(torn.facts())), Style()))
    assert issue["location"] == {"path": "pkg/torn.py", "lines": {"begin": 3}}
