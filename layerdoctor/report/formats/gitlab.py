"""GitLab's code quality report."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import msgspec

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, place
from layerdoctor.rule import Finding, Severity

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, _style: Style) -> str:
    """Return an array of issues; a finding that two targets share stands in it once."""
    issues = {
        finding.fingerprint: _issue(diagnosis, finding) for diagnosis, finding in report.findings()
    }
    return msgspec.json.format(msgspec.json.encode(list(issues.values())), indent=2).decode() + "\n"


def _issue(diagnosis: Diagnosis, finding: Finding) -> dict[str, Any]:
    span = place(diagnosis, finding)
    path = span.file if span else diagnosis.facts.target
    lines = {"begin": span.line if span else 1}
    if span is not None and span.end_line is not None:
        lines["end"] = span.end_line
    return {
        "description": f"{finding.code} {finding.rule}: {finding.message}",
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": str(PurePosixPath(path)), "lines": lines},
    }
