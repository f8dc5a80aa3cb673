"""The report as JSON, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from layerdoctor.facts import Environment, LayerFacts
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.repository import Repository
from layerdoctor.judge.run import Report, Shard
from layerdoctor.report import Style
from layerdoctor.rule import Finding, Severity
from layerdoctor.target import BadInput

SCHEMA = 1

_RENAMED = {"class_name": "class"}
_LEFT_OUT = ("looked_for",)
"""What only the cache has a use for."""
_PROMISED = (
    "id",
    "target",
    "status",
    "error",
    "layer",
    "class",
    "file",
    "line",
    "framework",
    "args",
    "inputs",
    "outputs",
    "weights",
    "untracked_variables",
    "constants",
    "growth",
    "checks",
    "check_reasons",
    "findings",
    "seconds",
)
"""The keys of a target that are written first; all others follow."""


def render(report: Report, _style: Style) -> str:
    """Return the report as indented JSON; what is not finite becomes null."""
    document = {
        "schema": SCHEMA,
        "tool": {"name": "layerdoctor", "version": report.version},
        "environment": msgspec.to_builtins(report.environment),
        "fail_on": report.fail_on.value if report.fail_on else "never",
        "shard": msgspec.to_builtins(report.shard),
        "config": report.config,
        "repository": msgspec.to_builtins(report.repository),
        "targets": [_target(diagnosis) for diagnosis in report.diagnoses],
        "summary": summary(report),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def summary(report: Report) -> dict[str, int]:
    """Return the counts that sum the report up."""
    return {
        "targets": len(report.diagnoses),
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        "notes": report.count(Severity.NOTE),
        "suppressed": report.suppressed(),
        "cached": report.cached,
        "skipped": report.skipped(),
        "exit_code": report.exit_code,
    }


def read(file: Path) -> Report:
    """Return the report of a file; raises ``BadInput``."""
    try:
        return decode(file.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot read the report `{file}`: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"`{file}` is no report made with `--format json`: {error}") from None


def decode(data: bytes) -> Report:
    """Return the report that ``render`` wrote.

    Raises ``msgspec.DecodeError`` for what is no JSON, and its subclass
    ``msgspec.ValidationError`` for JSON that is no such report.
    """
    document = msgspec.json.decode(data, type=_ReportFile)
    if document.schema != SCHEMA:
        raise msgspec.ValidationError(f"schema {document.schema} is not {SCHEMA} - at `$.schema`")
    return Report(
        diagnoses=tuple(_diagnosis(target) for target in document.targets),
        environment=document.environment,
        exit_code=document.summary.exit_code,
        fail_on=None if document.fail_on == "never" else Severity(document.fail_on),
        shard=document.shard,
        cached=document.summary.cached,
        config=document.config,
        version=document.tool.version,
        repository=document.repository,
    )


class _Summary(msgspec.Struct):
    exit_code: int
    cached: int = 0


class _Tool(msgspec.Struct):
    version: str


class _ReportFile(msgspec.Struct):
    schema: int
    tool: _Tool
    environment: Environment
    targets: list[dict[str, Any]]
    summary: _Summary
    fail_on: Literal["error", "warning", "note", "never"] = "warning"
    shard: Shard | None = None
    config: str | None = None
    repository: Repository | None = None


def _target(diagnosis: Diagnosis) -> dict[str, Any]:
    facts = msgspec.to_builtins(diagnosis.facts)
    target = {_RENAMED.get(key, key): facts[key] for key in facts if key not in _LEFT_OUT}
    checks = target["checks"]
    target["checks"] = {check["name"]: check["status"] for check in checks}
    target["check_reasons"] = {c["name"]: c["reason"] for c in checks if c["reason"] is not None}
    target["check_breaches"] = {c["name"]: c["breaches"] for c in checks if c["breaches"]}
    target["layer"] = diagnosis.layer
    target["findings"] = msgspec.to_builtins(diagnosis.findings)
    return {key: target[key] for key in _PROMISED} | target


def _diagnosis(target: dict[str, Any]) -> Diagnosis:
    facts = {key: target[_RENAMED.get(key, key)] for key in _fact_names(target)}
    reasons, breaches = target.get("check_reasons", {}), target.get("check_breaches", {})
    facts["checks"] = [
        {
            "name": name,
            "status": status,
            "reason": reasons.get(name),
            "breaches": breaches.get(name, ()),
        }
        for name, status in target.get("checks", {}).items()
    ]
    return Diagnosis(
        facts=msgspec.convert(facts, LayerFacts),
        findings=msgspec.convert(target.get("findings", ()), tuple[Finding, ...]),
        layer=target.get("layer"),
    )


def _fact_names(target: dict[str, Any]) -> list[str]:
    names = LayerFacts.__dataclass_fields__
    return [name for name in names if _RENAMED.get(name, name) in target]
