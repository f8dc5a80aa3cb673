"""JUnit XML."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, render
from layerdoctor.rule import Problem, Severity
from tests.hand_made import layer, rule
from tests.report.sample import cut_layer, everything, report

ALLOWED = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set[str](),
}
"""The elements and attributes that all readers of JUnit XML know."""


def suites(given: Report) -> ElementTree.Element:
    return ElementTree.fromstring(render("junit", given, Style()))


def test_only_common_elements_and_attributes_are_used() -> None:
    for element in suites(everything()).iter():
        assert set(element.attrib) <= ALLOWED[element.tag]


def test_a_case_a_target() -> None:
    root = suites(everything())
    outcomes = {
        case.attrib["name"]: [child.tag for child in case] for case in root.iter("testcase")
    }
    assert outcomes == {
        "layers:Sample": ["failure"],
        "failing": ["failure"],
        "gone": ["error"],
        "deep:Net": ["skipped"],
        "healthy": [],
    }
    (suite,) = root
    for element in (root, suite):
        counts = [element.attrib[key] for key in ("tests", "failures", "errors", "skipped")]
        assert counts == ["5", "2", "1", "1"]


def test_a_failure_tells_all_findings_and_no_suppressed_one() -> None:
    failure = next(suites(report(cut_layer())).iter("failure"))
    assert failure.attrib == {
        "type": "LD202,LD504",
        "message": "2 findings: cut-gradient, fixed-batch-size",
    }
    assert "layers.py:16: error[LD202] cut-gradient" in (failure.text or "")
    assert "LD104" not in (failure.text or "")


@pytest.mark.parametrize(
    ("fail_on", "failing"), [(Severity.NOTE, 2), (Severity.ERROR, 1), (None, 0)]
)
def test_a_finding_fails_its_case_as_it_fails_the_run(
    fail_on: Severity | None, failing: int
) -> None:
    given = replace(report(cut_layer()), fail_on=fail_on)
    failures = list(suites(given).iter("failure"))
    assert sum(failure.attrib["type"].count("LD") for failure in failures) == failing
    others = "".join(element.text or "" for element in suites(given).iter("system-out"))
    assert others.count("[LD") == 2 - failing


def test_any_text_makes_well_formed_xml() -> None:
    nasty = "<&\"' ]]> \x00\x1b\ud800\ufffe 宽"
    diagnosis = diagnose(
        layer(id=nasty, class_name=nasty),
        [rule("LD003", "call-error", Problem(nasty, nasty, at=None, help=nasty))],
    )
    text = render("junit", report(diagnosis), Style())
    case = next(ElementTree.fromstring(text.encode()).iter("testcase"))
    assert case.attrib["name"] == "<&\"' ]]> \\x00\\x1b\\ud800\\ufffe 宽"
