"""JUnit XML: one case a target."""

from __future__ import annotations

from xml.etree import ElementTree

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, place
from layerdoctor.report.escaping import visible
from layerdoctor.rule import Finding
from layerdoctor.wording import counted


def render(report: Report, _style: Style) -> str:
    """Return one suite; a case fails where a finding of it fails the run.

    What was skipped is skipped, what could not be examined is an error.
    """
    cases = [_case(report, diagnosis) for diagnosis in report.diagnoses]
    totals = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{sum(diagnosis.facts.seconds for diagnosis in report.diagnoses):.3f}",
    }
    suite = ElementTree.Element("testsuite", {"name": "layerdoctor", **totals})
    suite.extend(cases)
    suites = ElementTree.Element("testsuites", {"name": "layerdoctor", **totals})
    suites.append(suite)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(report: Report, diagnosis: Diagnosis) -> ElementTree.Element:
    facts = diagnosis.facts
    case = ElementTree.Element(
        "testcase",
        {
            "classname": visible(facts.class_name or facts.target),
            "name": visible(facts.id),
            "time": f"{facts.seconds:.3f}",
        },
    )
    if facts.error is not None:
        tag = "skipped" if facts.status == "skipped" else "error"
        trouble = ElementTree.SubElement(
            case, tag, {"type": facts.error.kind, "message": visible(facts.error.message)}
        )
        trouble.text = visible(facts.error.traceback or facts.error.message, keep="\n\t")
    shown = [finding for finding in diagnosis.findings if finding.suppressed is None]
    failing = [finding for finding in shown if report.fails(finding)]
    if failing:
        names = ", ".join(dict.fromkeys(finding.rule for finding in failing))
        message = f"{counted(len(failing), 'finding')}: {names}"
        codes = ",".join(dict.fromkeys(finding.code for finding in failing))
        failure = ElementTree.SubElement(case, "failure", {"type": codes, "message": message})
        failure.text = "\n\n".join(_words(diagnosis, finding) for finding in failing)
    others = [_words(diagnosis, finding) for finding in shown if finding not in failing]
    if others:
        ElementTree.SubElement(case, "system-out").text = "\n\n".join(others)
    return case


def _words(diagnosis: Diagnosis, finding: Finding) -> str:
    span = place(diagnosis, finding)
    at = f"{span.file}:{span.line}: " if span else ""
    heading = f"{at}{finding.severity.value}[{finding.code}] {finding.rule}: {finding.message}"
    return visible(f"{heading}\n{finding.remedy}", keep="\n\t")
