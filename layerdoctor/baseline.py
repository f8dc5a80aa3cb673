"""Findings that are known and accepted, told by their fingerprints: no edit elsewhere moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from layerdoctor.diagnosis import Diagnosis
from layerdoctor.rule import Finding
from layerdoctor.target import BadInput

SCHEMA = 1


class Entry(msgspec.Struct, frozen=True, order=True):
    """One accepted finding; what is not its fingerprint is there for readers."""

    layer: str
    code: str
    rule: str
    subject: str
    fingerprint: str


class _Document(msgspec.Struct):
    schema: int
    findings: list[Entry]


def read(file: Path) -> tuple[Entry, ...]:
    """Return the accepted findings; raises ``BadInput`` where there is no such file."""
    try:
        document = msgspec.json.decode(file.read_bytes(), type=_Document)
    except OSError as error:
        raise BadInput(
            f"cannot read the baseline `{file}`: {error.strerror}; "
            f"make it with `--write-baseline {file}`"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"`{file}` is no baseline: {error}") from None
    if document.schema != SCHEMA:
        raise BadInput(f"`{file}` is a baseline of schema {document.schema}; expected {SCHEMA}")
    return tuple(document.findings)


def text(entries: Sequence[Entry]) -> str:
    """Return the file of a baseline: JSON in a fixed order, an entry a line."""
    lines = [msgspec.json.encode(entry).decode() for entry in sorted(set(entries))]
    body = "".join(f"\n    {line}{',' if line != lines[-1] else ''}" for line in lines)
    return f'{{\n  "schema": {SCHEMA},\n  "findings": [{body}\n  ]\n}}\n'


def entries_of(diagnoses: Sequence[Diagnosis]) -> tuple[Entry, ...]:
    """Return an entry for each finding that nothing in the source suppresses."""
    return tuple(
        _entry(diagnosis, finding)
        for diagnosis in diagnoses
        for finding in diagnosis.findings
        if finding.suppressed != "inline"
    )


def accept(diagnoses: Sequence[Diagnosis], entries: Sequence[Entry]) -> tuple[Diagnosis, ...]:
    """Return the diagnoses with the findings that have an entry marked as suppressed."""
    known = {entry.fingerprint for entry in entries}

    def marked(finding: Finding) -> Finding:
        accepted = finding.suppressed is None and finding.fingerprint in known
        return replace(finding, suppressed="baseline") if accepted else finding

    return tuple(replace(each, findings=tuple(map(marked, each.findings))) for each in diagnoses)


def current(
    entries: Sequence[Entry], diagnoses: Sequence[Diagnosis], *, everything: bool
) -> tuple[Entry, ...]:
    """Return the entries without those whose finding is gone.

    A finding is gone where its layer was examined to the end and does not have it, and, if
    ``everything`` was examined, where there is no such layer any more.
    """
    found = {entry.fingerprint for entry in entries_of(diagnoses)}
    layers = {diagnosis.facts.class_name for diagnosis in diagnoses}
    cut_short = {each.facts.class_name for each in diagnoses if not _is_whole(each)}
    whole_run = everything and None not in layers

    def stays(entry: Entry) -> bool:
        if entry.fingerprint in found or entry.layer in cut_short:
            return True
        return entry.layer not in layers and not whole_run

    return tuple(entry for entry in entries if stays(entry))


def _is_whole(diagnosis: Diagnosis) -> bool:
    return diagnosis.facts.status == "examined" and not diagnosis.facts.failures


def _entry(diagnosis: Diagnosis, finding: Finding) -> Entry:
    return Entry(
        layer=diagnosis.facts.class_name or diagnosis.facts.target,
        code=finding.code,
        rule=finding.rule,
        subject=finding.subject or "",
        fingerprint=finding.fingerprint,
    )
