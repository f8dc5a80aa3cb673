"""One line a finding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.report import Style, render
from layerdoctor.rule import Problem
from tests.hand_made import at, layer, rule, write
from tests.report.sample import BROKEN, HEALTHY, MODULE, SKIPPED, cut_layer, report


def test_a_line_a_finding(tmp_path: Path) -> None:
    file = write(tmp_path, MODULE)
    assert render("concise", report(cut_layer(file)), Style()) == (
        f"{file}:16:24: LD202 cut-gradient `self.gamma` is cut at ArgMax [error] (layers.Sample)\n"
        f"{file}: LD504 fixed-batch-size works for 10 and not for 7 [warning] (layers.Sample)\n"
        "1 error, 1 warning in 1 layer, 1 suppressed; LD202 and LD504 fail the run\n"
    )


def test_a_place_without_source_has_no_column() -> None:
    assert "layers.py:16: LD202 " in render("concise", report(cut_layer()), Style())


def test_what_was_not_examined_is_told() -> None:
    assert render("concise", report(BROKEN, SKIPPED, HEALTHY), Style()) == (
        "gone:Layer: error[import] no module `gone`\ndeep:Net: skipped[guess] no usual input fits\n"
        "no findings in 1 layer, 1 skipped, 1 not examined; "
        "what could not be examined fails the run\n"
    )


def test_success_is_said() -> None:
    whole = replace(report(HEALTHY, HEALTHY, exit_code=0), cached=1, untargeted=("a:B", "a:C"))
    assert render("concise", whole, Style()) == (
        "no findings in 2 layers, 1 from the cache, 2 without a target; the run passes\n"
    )


def test_what_is_left_out_fails_a_strict_run_and_is_named() -> None:
    left_out = replace(report(SKIPPED, exit_code=2), strict=True, untargeted=("a:B",))
    assert render("concise", left_out, Style()).endswith(
        "no layer examined, 1 skipped, 1 without a target; "
        "what was skipped and what has no target fail the run\n"
    )
    assert left_out.outcome() != replace(left_out, strict=False).outcome()
    assert replace(left_out, exit_code=130).outcome() == "interrupted"


def test_a_message_stays_on_its_line_and_cannot_move_the_cursor() -> None:
    problem = Problem(None, "first\n  second \x1b[2J é", at=at(1))
    diagnosis = diagnose(layer(), [rule("LD003", "call-error", problem)])
    text = render("concise", report(diagnosis), Style(unicode=False))
    line, _ = text.splitlines()
    assert line == (
        "layers.py:1: LD003 call-error first second \\x1b[2J \\xe9 [error] (layers.Sample)"
    )
