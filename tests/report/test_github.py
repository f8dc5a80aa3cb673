"""Workflow commands."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.facts import TargetError
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.judge.repository import Repository
from layerdoctor.report import Style, render
from layerdoctor.rule import Problem, Severity
from tests.hand_made import at, layer, rule, write
from tests.report.sample import BROKEN, HEALTHY, MODULE, SKIPPED, cut_layer, report

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def parsed(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read the commands as the runner does."""

    def plain(escaped: str) -> str:
        for code, character in (("3A", ":"), ("2C", ","), ("0A", "\n"), ("0D", "\r"), ("25", "%")):
            escaped = escaped.replace(f"%{code}", character)
        return escaped

    found = []
    for line in text.splitlines():
        if match := COMMAND.fullmatch(line):
            pairs = [pair.split("=", 1) for pair in match[2].split(",")]
            found.append((match[1], {k: plain(v) for k, v in pairs}, plain(match[3])))
    return found


def test_the_gravest_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, MODULE)
    text = render("github", report(SKIPPED, cut_layer(), BROKEN, HEALTHY), Style())
    assert parsed(text) == [
        (
            "error",
            {
                "file": "layers.py",
                "line": "16",
                "col": "24",
                "endColumn": "40",
                "title": "LD202 cut-gradient",
            },
            "`self.gamma` is cut at ArgMax\nhelp: use `tf.nn.softmax`",
        ),
        ("error", {"title": "gone:Layer was not examined"}, "no module `gone`"),
        (
            "warning",
            {"file": "layers.py", "line": "8", "title": "LD504 fixed-batch-size"},
            "works for 10 and not for 7\nhelp: how fixed-batch-size is mended",
        ),
        ("warning", {"title": "deep:Net was not examined"}, "no usual input fits"),
    ]


def test_nothing_in_a_text_can_end_a_command_or_begin_one() -> None:
    nasty = "100%\r\n::error::x,y:z\x1b##[error]"
    problem = Problem(None, nasty, at=at(1, None, "a,b:c%.py"))
    text = render("github", report(diagnose(layer(), [rule("LD003", "c", problem)])), Style())
    ((_, properties, message),) = parsed(text)
    assert len(text.splitlines()) == 1
    assert properties["file"] == "a,b:c%.py"
    assert message.startswith("100%\\r\n::error::x,y:z\\x1b")


def test_a_span_of_several_lines_has_no_columns(tmp_path: Path) -> None:
    file = write(tmp_path, "x = f(\n    1,\n)\n")
    rules = [rule("LD201", "unused-weight", Problem(None, "m", at=at(1, None, file)))]
    ((_, properties, _),) = parsed(render("github", report(diagnose(layer(), rules)), Style()))
    assert (properties["line"], properties["endLine"]) == ("1", "3")
    assert "col" not in properties


def test_what_github_would_not_show_is_counted_and_kept_in_the_log() -> None:
    def many(code: str, severity: Severity) -> list[Problem]:
        return [
            Problem(f"{code}_{number}", f"##[error] {code} {number}\n::error::x", at=at(number))
            for number in range(1, 13)
        ]

    rules = [
        rule("LD001", "one", *many("a", Severity.ERROR)),
        rule("LD002", "two", *many("b", Severity.WARNING), severity=Severity.WARNING),
    ]
    text = render("github", report(diagnose(layer(), rules)), Style())
    assert [kind for kind, _, _ in parsed(text)] == ["error"] * 10 + ["warning"] * 10
    rest = text.splitlines()[20:]
    assert rest[0] == "4 annotations more than GitHub shows:"
    assert rest[1] == "error:layers.py:11 LD001 one ## [error] a 11"
    assert len(rest) == 5


def test_nothing_is_said_of_healthy_layers() -> None:
    assert render("github", report(HEALTHY), Style()) == ""


def test_a_finding_of_two_targets_of_one_class_is_told_once_with_both_named() -> None:
    first, second = cut_layer(), cut_layer()
    second = replace(second, facts=replace(second.facts, id="again"))
    found = parsed(render("github", report(first, second), Style()))
    assert [properties["title"][:5] for _, properties, _ in found] == ["LD202", "LD504"]
    assert found[0][2].endswith("\nseen in the targets `layers:Sample` and `again`")


def test_paths_start_at_the_root_of_the_repository() -> None:
    error = TargetError(kind="import", message="m", location=at(7, None, "/code/gone.py"))
    failed = replace(BROKEN, facts=replace(BROKEN.facts, error=error))
    given = report(cut_layer(), failed)
    inside = replace(given, repository=Repository(root="/code", folder="a/b"))
    files = [properties["file"] for _, properties, _ in parsed(render("github", inside, Style()))]
    assert files == ["a/b/layers.py", "gone.py", "a/b/layers.py"]
