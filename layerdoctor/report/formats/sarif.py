"""SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import Any
from urllib.parse import quote

import msgspec

from layerdoctor.facts import LayerFacts, TargetError
from layerdoctor.judge.repository import Repository
from layerdoctor.judge.run import Report
from layerdoctor.notebooks.reading import cell_of
from layerdoctor.report import Style, place
from layerdoctor.report.distinct import DistinctFinding, distinct
from layerdoctor.report.source.notebook_places import in_file
from layerdoctor.report.source.patches import replacements
from layerdoctor.rule import Fix, Rule, Span
from layerdoctor.rules import RULES
from layerdoctor.version import HOME, VERSION

FINGERPRINT = "layerdoctorFingerprint/v1"

_ROOT = "%SRCROOT%"
_SUPPRESSIONS = {"inline": "inSource", "baseline": "external"}


def render(report: Report, _style: Style) -> str:
    """Return a log of one run; files of the repository are relative to ``%SRCROOT%``."""
    findings = [(each, finding) for each in report.diagnoses for finding in each.findings]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "layerdoctor",
                        "version": VERSION,
                        "semanticVersion": VERSION,
                        "informationUri": HOME,
                        "rules": [_rule(rule) for rule in RULES],
                    }
                },
                "automationDetails": {"id": _category(report)},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: _base(report.repository)},
                "invocations": [_invocation(report)],
                "results": [_result(report, found) for found in distinct(findings)],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _category(report: Report) -> str:
    """Return what tells the results of several parts of a repository, or of a run, apart."""
    folder = report.repository.folder if report.repository else ""
    part = f"{report.shard.number}-of-{report.shard.of}" if report.shard else ""
    return "".join(f"{name}/" for name in ("layerdoctor", folder, part) if name)


def _base(repository: Repository | None) -> dict[str, Any]:
    if repository is None:
        return {"description": {"text": "the working directory"}}
    uri = PurePath(repository.root).as_uri().rstrip("/") + "/"
    return {"uri": uri, "description": {"text": "the root of the repository"}}


def _rule(rule: Rule) -> dict[str, Any]:
    examples = (
        f"Bad:\n\n```python\n{rule.bad.source}```\n\nGood:\n\n```python\n{rule.good.source}```"
    )
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "helpUri": f"{HOME}#the-rules",
        "help": {
            "text": f"{rule.why}\n\n{rule.help}",
            "markdown": f"{rule.why}\n\n{rule.help}\n\n{examples}",
        },
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": ["keras", "tensorflow", rule.name]},
    }


def _invocation(report: Report) -> dict[str, Any]:
    refused = [each.facts for each in report.diagnoses]
    return {
        "executionSuccessful": all(facts.status != "error" for facts in refused),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [
            _notification(report, facts, facts.error) for facts in refused if facts.error
        ],
    }


def _notification(report: Report, facts: LayerFacts, error: TargetError) -> dict[str, Any]:
    notification: dict[str, Any] = {
        "level": "error" if facts.status == "error" else "warning",
        "message": {"text": f"{facts.target}: {error.message}"},
    }
    if at := error.location:
        physical = _physical(report, Span(file=at.file, line=at.line))
        notification["locations"] = [{"physicalLocation": physical}]
    return notification


def _result(report: Report, found: DistinctFinding) -> dict[str, Any]:
    codes = [rule.code for rule in RULES]
    diagnosis, finding = found.diagnosis, found.finding
    span = place(diagnosis, finding)
    where = in_file(span)[1] if span is not None else ""
    words = [f"{where}{finding.message}", found.seen_in(), finding.help]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": "\n\n".join(filter(None, words))},
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {"targets": list(found.targets)},
    }
    if finding.code in codes:
        result["ruleIndex"] = codes.index(finding.code)
    if span is not None:
        name = diagnosis.facts.class_name or diagnosis.facts.target
        logical = {"fullyQualifiedName": name, "kind": "type"}
        physical = _physical(report, span)
        result["locations"] = [{"physicalLocation": physical, "logicalLocations": [logical]}]
    if finding.fix is not None and cell_of(finding.fix.file) is None:
        result["fixes"] = [_fix(report, finding.fix)]
    if finding.suppressed is not None:
        why = {"justification": finding.reason} if finding.reason else {}
        result["suppressions"] = [{"kind": _SUPPRESSIONS[finding.suppressed], **why}]
    return result


def _fix(report: Report, fix: Fix) -> dict[str, Any]:
    """Return a change as whole lines that are deleted and inserted."""
    changes = [
        {
            "deletedRegion": {
                "startLine": each.line,
                "startColumn": 1,
                "endLine": each.line + each.taken,
                "endColumn": 1,
            },
            "insertedContent": {"text": each.text},
        }
        for each in replacements(fix)
    ]
    artifact = _artifact(report.path(fix.file))
    return {
        "description": {"text": f"tried: {fix.tried}"},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": changes}],
    }


def _physical(report: Report, span: Span) -> dict[str, Any]:
    """Return the location; of a span of several lines the first, so that it stays in view."""
    span, _ = in_file(span)
    region = {"startLine": span.line}
    if span.column is not None:
        region["startColumn"] = span.column
        if span.end_line == span.line and span.end_column is not None:
            region["endColumn"] = span.end_column
    return {"artifactLocation": _artifact(report.path(span.file)), "region": region}


def _artifact(file: str) -> dict[str, Any]:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(str(PurePosixPath(file))), "uriBaseId": _ROOT}
