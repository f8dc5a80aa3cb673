"""SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import Any
from urllib.parse import quote

import msgspec

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, place
from layerdoctor.rule import Finding, Rule, Span
from layerdoctor.rules import RULES
from layerdoctor.version import VERSION

FINGERPRINT = "layerdoctorFingerprint/v1"

_ROOT = "%SRCROOT%"
_SUPPRESSIONS = {"inline": "inSource", "baseline": "external"}


def render(report: Report, _style: Style) -> str:
    """Return a log of one run; files under the working directory are relative to ``%SRCROOT%``."""
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
                        "rules": [_rule(rule) for rule in RULES],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"description": {"text": "the working directory"}}},
                "invocations": [_invocation(report)],
                "results": [
                    _result(diagnosis, finding)
                    for diagnosis in report.diagnoses
                    for finding in diagnosis.findings
                ],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    examples = (
        f"Bad:\n\n```python\n{rule.bad.source}```\n\nGood:\n\n```python\n{rule.good.source}```"
    )
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.why}\n\n{rule.help}",
            "markdown": f"{rule.why}\n\n{rule.help}\n\n{examples}",
        },
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": ["keras", "tensorflow", rule.name]},
    }


def _invocation(report: Report) -> dict[str, Any]:
    refused = [each.facts for each in report.diagnoses if each.facts.error is not None]
    return {
        "executionSuccessful": all(facts.status != "error" for facts in refused),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [
            {
                "level": "error" if facts.status == "error" else "warning",
                "message": {"text": f"{facts.target}: {facts.error.message}"},
            }
            for facts in refused
            if facts.error is not None
        ],
    }


def _result(diagnosis: Diagnosis, finding: Finding) -> dict[str, Any]:
    codes = [rule.code for rule in RULES]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": f"{finding.message}\n\n{finding.help}"},
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    if finding.code in codes:
        result["ruleIndex"] = codes.index(finding.code)
    span = place(diagnosis, finding)
    if span is not None:
        name = diagnosis.facts.class_name or diagnosis.facts.target
        logical = {"fullyQualifiedName": name, "kind": "type"}
        result["locations"] = [{"physicalLocation": _physical(span), "logicalLocations": [logical]}]
    if finding.suppressed is not None:
        result["suppressions"] = [{"kind": _SUPPRESSIONS[finding.suppressed]}]
    return result


def _physical(span: Span) -> dict[str, Any]:
    """Return the location; of a span of several lines the first, so that it stays in view."""
    region = {"startLine": span.line}
    if span.column is not None:
        region["startColumn"] = span.column
        if span.end_line == span.line and span.end_column is not None:
            region["endColumn"] = span.end_column
    return {"artifactLocation": _artifact(span.file), "region": region}


def _artifact(file: str) -> dict[str, Any]:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(str(PurePosixPath(file))), "uriBaseId": _ROOT}
