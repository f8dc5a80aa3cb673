"""From one look to the next, what is new and what is gone is marked."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.facts import Failure, Stage
from layerdoctor.judge.changes import ChangeTracker
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, render
from layerdoctor.rule import Finding, Severity
from tests.hand_made import layer
from tests.report.sample import ENVIRONMENT


def finding(subject: str) -> Finding:
    return Finding(
        code="LD201",
        rule="unused-weight",
        severity=Severity.WARNING,
        subject=subject,
        message=f"`{subject}` is never read",
        help="read it",
        location=None,
        fingerprint=subject,
    )


def look(*subjects: str, cut_short: bool = False) -> Report:
    failures = (Failure(stage=Stage.CALL, kind="raised", exception="ValueError", message="no"),)
    facts = replace(layer(), failures=failures if cut_short else ())
    diagnosis = Diagnosis(facts, tuple(map(finding, subjects)))
    return Report(diagnoses=(diagnosis,), environment=ENVIRONMENT, exit_code=1)


def text(report: Report) -> str:
    return render("full", report, Style(width=100))


def test_the_first_look_marks_nothing() -> None:
    shown = text(ChangeTracker().compared(look("self.a")))
    assert "warning[LD201] unused-weight: `self.a` is never read" in shown
    assert "new " not in shown
    assert "gone " not in shown


def test_the_next_look_marks_what_is_new_and_tells_what_is_gone() -> None:
    looks = ChangeTracker()
    looks.compared(look("self.a", "self.b"))
    shown = text(looks.compared(look("self.b", "self.c")))
    assert "gone warning[LD201] unused-weight: `self.a` is never read" in shown
    assert "\nwarning[LD201] unused-weight: `self.b` is never read" in shown
    assert "new warning[LD201] unused-weight: `self.c` is never read" in shown


def test_what_a_look_cut_short_does_not_show_is_neither_gone_nor_new_again() -> None:
    looks = ChangeTracker()
    looks.compared(look("self.a"))
    broken = text(looks.compared(look("call", cut_short=True)))
    assert "new warning[LD201] unused-weight: `call`" in broken
    assert "gone" not in broken
    mended = text(looks.compared(look("self.a")))
    assert "new " not in mended
    assert "gone warning[LD201] unused-weight: `call`" in mended
