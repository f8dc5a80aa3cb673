"""GitLab's code quality report."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from layerdoctor.facts import LayerFacts, TargetError
from layerdoctor.judge.run import Report
from layerdoctor.notebooks.reading import cell_of
from layerdoctor.report import Style, place
from layerdoctor.report.distinct import DistinctFinding, distinct
from layerdoctor.report.source.notebook_places import in_file
from layerdoctor.rule import Fix, Severity

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, _style: Style) -> str:
    """Return an array of issues: the findings, each once, and what could not be examined."""
    refused = [each.facts for each in report.diagnoses if each.facts.status == "error"]
    issues = [_issue(report, found) for found in distinct(report.findings())]
    issues += [_refusal(report, facts, facts.error) for facts in refused if facts.error]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"


def _issue(report: Report, found: DistinctFinding) -> dict[str, Any]:
    finding = found.finding
    span = place(found.diagnosis, finding)
    span, where = in_file(span) if span else (None, "")
    path = span.file if span else found.diagnosis.facts.target
    lines = {"begin": span.line if span else 1}
    if span is not None and span.end_line is not None:
        lines["end"] = span.end_line
    words = [f"{finding.code} {finding.rule}: {where}{finding.message}", found.seen_in()]
    content = {"content": {"body": suggestion(finding.fix)}} if finding.fix else {}
    return {
        **content,
        "description": "; ".join(filter(None, words)),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": report.path(path), "lines": lines},
    }


def suggestion(fix: Fix) -> str:
    """Return a change as Markdown."""
    return f"Tried: {fix.tried}.\n\n```diff\n{fix.diff}```\n"


def _refusal(report: Report, facts: LayerFacts, error: TargetError) -> dict[str, Any]:
    """Return the issue of a target that there is nothing to examine of.

    GitLab asks for a file and a line: without the author's, what the target names.
    """
    file, _, _ = facts.target.rpartition(":")
    at = error.location
    identity = f"not-examined\0{facts.id}\0{error.kind}"
    return {
        "description": f"{facts.target} was not examined: {error.message}",
        "check_name": "not-examined",
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:20],
        "severity": _SEVERITIES[Severity.ERROR],
        "location": {
            "path": report.path(at.file if at else file or facts.target),
            "lines": {"begin": at.line if at and not cell_of(at.file) else 1},
        },
    }
