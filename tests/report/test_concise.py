"""One line a finding."""

from __future__ import annotations

from pathlib import Path

from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.report import Style, render
from layerdoctor.rule import Problem
from tests.hand_made import at, layer, rule, write
from tests.report.sample import BROKEN, HEALTHY, MODULE, SKIPPED, cut_layer, report


def test_a_line_a_finding(tmp_path: Path) -> None:
    file = write(tmp_path, MODULE)
    assert render("concise", report(cut_layer(file)), Style()) == (
        f"{file}:16:24: LD202 cut-gradient `self.gamma` is cut at ArgMax\n"
        f"{file}: LD504 fixed-batch-size works for 10 and not for 7\n"
    )


def test_a_place_without_source_has_no_column() -> None:
    assert "layers.py:16: LD202 " in render("concise", report(cut_layer()), Style())


def test_what_was_not_examined_is_told() -> None:
    assert render("concise", report(BROKEN, SKIPPED, HEALTHY), Style()) == (
        "gone:Layer: error[import] no module `gone`\ndeep:Net: skipped[guess] no usual input fits\n"
    )


def test_nothing_is_said_of_healthy_layers() -> None:
    assert render("concise", report(HEALTHY), Style()) == ""


def test_a_message_stays_on_its_line_and_cannot_move_the_cursor() -> None:
    problem = Problem(None, "first\n  second \x1b[2J é", at=at(1))
    diagnosis = diagnose(layer(), [rule("LD003", "call-error", problem)])
    text = render("concise", report(diagnosis), Style(unicode=False))
    assert text == "layers.py:1: LD003 call-error first second \\x1b[2J \\xe9\n"
