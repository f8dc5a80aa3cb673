"""The report as JSON, and back."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import msgspec

from layerdoctor.facts import Check, LayerFacts
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.notebooks.reading import ENDING
from layerdoctor.report import Style
from layerdoctor.report.document import (
    LEFT_OUT,
    SCHEMA,
    Document,
    Summary,
    TargetRecord,
    Tool,
)
from layerdoctor.report.source.notebook_places import apart, joined
from layerdoctor.rule import Severity
from layerdoctor.target import BadInput

_IN_NOTEBOOKS = f"{ENDING}:cell ".encode()
_CELL = b'"cell"'


def render(report: Report, _style: Style) -> str:
    """Return the report as indented JSON; what is not finite becomes null."""
    document = Document(
        tool=Tool(report.version),
        environment=report.environment,
        fail_on=report.fail_on.value if report.fail_on else "never",
        strict=report.strict,
        untargeted=report.untargeted,
        shard=report.shard,
        config=report.config,
        repository=report.repository,
        targets=[_target(diagnosis) for diagnosis in report.diagnoses],
        summary=summary(report),
    )
    data = msgspec.json.encode(document)
    if _IN_NOTEBOOKS in data:
        data = msgspec.json.encode(apart(msgspec.json.decode(data)))
    return msgspec.json.format(data, indent=2).decode() + "\n"


def summary(report: Report) -> Summary:
    """Return the counts that sum the report up."""
    return Summary(
        targets=len(report.diagnoses),
        errors=report.count(Severity.ERROR),
        warnings=report.count(Severity.WARNING),
        notes=report.count(Severity.NOTE),
        suppressed=report.suppressed(),
        cached=report.cached,
        skipped=report.skipped(),
        untargeted=len(report.untargeted),
        exit_code=report.exit_code,
    )


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
    if _CELL in data:
        data = msgspec.json.encode(joined(msgspec.json.decode(data)))
    document = msgspec.json.decode(data, type=Document)
    if document.schema != SCHEMA:
        raise msgspec.ValidationError(f"schema {document.schema} is not {SCHEMA} - at `$.schema`")
    return Report(
        diagnoses=tuple(map(_diagnosis, document.targets)),
        environment=document.environment,
        exit_code=document.summary.exit_code,
        fail_on=None if document.fail_on == "never" else Severity(document.fail_on),
        strict=document.strict,
        untargeted=document.untargeted,
        shard=document.shard,
        cached=document.summary.cached,
        config=document.config,
        version=document.tool.version,
        repository=document.repository,
    )


def _target(diagnosis: Diagnosis) -> TargetRecord:
    facts = diagnosis.facts
    said = {each.name: getattr(facts, each.name) for each in fields(facts)}
    own = {
        "layer": diagnosis.layer,
        "checks": {check.name: check.status for check in facts.checks},
        "check_reasons": {c.name: c.reason for c in facts.checks if c.reason is not None},
        "check_breaches": {c.name: c.breaches for c in facts.checks if c.breaches},
        "findings": diagnosis.findings,
    }
    return TargetRecord(**{key: said[key] for key in said if key not in LEFT_OUT} | own)


def _diagnosis(target: TargetRecord) -> Diagnosis:
    names = {each.name for each in fields(LayerFacts)}.difference(LEFT_OUT)
    said = {name: getattr(target, name) for name in names}
    said["checks"] = tuple(
        Check(
            name=name,
            status=status,
            reason=target.check_reasons.get(name),
            breaches=target.check_breaches.get(name, ()),
        )
        for name, status in target.checks.items()
    )
    return Diagnosis(LayerFacts(**said), target.findings, target.layer)
