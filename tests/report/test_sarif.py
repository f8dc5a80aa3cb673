"""SARIF 2.1.0, checked against models made from its schema and against GitHub's rules."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

from layerdoctor.facts import TargetError
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.judge.repository import Repository
from layerdoctor.judge.run import Shard
from layerdoctor.report import Style, render
from layerdoctor.rule import Problem
from layerdoctor.rules import RULES
from tests.hand_made import at, layer, rule, write
from tests.report.sample import BROKEN, MODULE, cut_layer, everything, report


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    log = json.loads(render("sarif", everything(), Style()))
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    return only


def test_the_log_is_valid() -> None:
    log = Sarif.model_validate_json(render("sarif", everything(), Style()))
    assert [result.rule_id for result in log.runs[0].results or []] == [
        "LD104",
        "LD202",
        "LD504",
        "LD003",
    ]


def test_every_rule_is_described(run: Any) -> None:
    rules = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == [each.code for each in RULES]
    for each in rules:
        assert each["shortDescription"]["text"]
        assert each["fullDescription"]["text"]
        assert "```python" in each["help"]["markdown"]
        assert each["name"].isalnum()
        assert each["helpUri"].startswith("https://")
    assert run["tool"]["driver"]["informationUri"].startswith("https://")


def test_a_result_names_its_rule_and_its_place(run: Any) -> None:
    result = next(result for result in run["results"] if result["ruleId"] == "LD202")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "LD202"
    assert result["level"] == "error"
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "layers.py", "uriBaseId": "%SRCROOT%"}
    assert physical["region"] == {"startLine": 16, "startColumn": 24, "endColumn": 40}


def test_a_span_of_several_lines_becomes_its_first(run: Any) -> None:
    result = next(result for result in run["results"] if result["ruleId"] == "LD104")
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 10, "startColumn": 9}


def test_a_finding_without_a_place_points_at_the_class(run: Any) -> None:
    result = next(result for result in run["results"] if result["ruleId"] == "LD504")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 8}


def test_suppressed_findings_are_marked(run: Any) -> None:
    marked = {result["ruleId"]: result.get("suppressions") for result in run["results"]}
    assert marked["LD104"] == [{"kind": "external"}]
    assert marked["LD202"] is None


def test_the_reason_of_a_suppression_is_its_justification() -> None:
    given = cut_layer()
    findings = tuple(replace(each, reason="a fixed basis") for each in given.findings[:1])
    log = json.loads(render("sarif", report(replace(given, findings=findings)), Style()))
    (result,) = log["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "a fixed basis"}]


def test_fingerprints_stand_under_our_own_key(run: Any) -> None:
    for result in run["results"]:
        assert list(result["partialFingerprints"]) == ["layerdoctorFingerprint/v1"]


def test_what_could_not_be_examined_is_a_notification(run: Any) -> None:
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [(each["level"], each["message"]["text"]) for each in
            invocation["toolExecutionNotifications"]] == [
        ("error", "gone:Layer: no module `gone`"),
        ("warning", "deep:Net: no usual input fits"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "uri"),
    [("a b/größe#1.py", "a%20b/gr%C3%B6%C3%9Fe%231.py"), ("/lib/x y.py", "file:///lib/x%20y.py")],
)
def test_paths_become_uris(file: str, uri: str) -> None:
    rules = [rule("LD101", "untracked-variable", Problem(None, "m", at=at(1, None, file)))]
    log = json.loads(render("sarif", report(diagnose(layer(), rules)), Style()))
    physical = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == uri


def test_a_finding_of_two_targets_of_one_class_stands_once_with_both_named() -> None:
    first, second = cut_layer(), cut_layer()
    second = replace(second, facts=replace(second.facts, id="again"))
    log = json.loads(render("sarif", report(first, second), Style()))
    results = log["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["LD104", "LD202", "LD504"]
    assert results[1]["properties"]["targets"] == ["layers:Sample", "again"]
    assert "seen in the targets `layers:Sample` and `again`" in results[1]["message"]["text"]


def test_files_lie_under_the_root_of_the_repository() -> None:
    error = TargetError(kind="import", message="m", location=at(7, None, "/code/gone.py"))
    failed = replace(BROKEN, facts=replace(BROKEN.facts, error=error))
    given = replace(
        report(cut_layer(), failed),
        repository=Repository(root="/code", folder="a b"),
        shard=Shard(number=1, of=3, targets=()),
    )
    Sarif.model_validate_json(render("sarif", given, Style()))
    (run,) = json.loads(render("sarif", given, Style()))["runs"]
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///code/"
    assert run["automationDetails"] == {"id": "layerdoctor/a b/1-of-3/"}
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"a%20b/layers.py"}
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "gone.py"
