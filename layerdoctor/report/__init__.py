"""From diagnoses to a string: one module a format, loaded when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerdoctor.output import FORMATS
from layerdoctor.rule import Finding, Span

if TYPE_CHECKING:
    from layerdoctor.judge.diagnosis import Diagnosis
    from layerdoctor.judge.run import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a report for people may look; the formats for machines take no notice of it."""

    width: int = 80
    """In columns."""
    color: bool = False
    unicode: bool = True
    """False keeps to plain ASCII."""
    verbose: bool = False
    """Nothing is folded, and every layer shows all that was seen of it."""
    quiet: bool = False
    """Findings and the summary only."""
    links: bool = False
    """The names of files can be clicked; takes effect with ``color`` only."""


def render(format: str, report: Report, style: Style) -> str:  # noqa: A002
    """Return the report in one of ``FORMATS``, with a newline at the end unless it is empty.

    Raises ``ValueError`` for another format.
    """
    if format not in FORMATS:
        raise ValueError(f"`{format}` is no format; there are {', '.join(FORMATS)}")
    text: str = importlib.import_module(f"{__name__}.formats.{format}").render(report, style)
    return text


def gravest_first(diagnosis: Diagnosis) -> list[Finding]:
    """Return the findings that are not suppressed, the gravest first, then by their place."""
    counting = [finding for finding in diagnosis.findings if finding.suppressed is None]
    return sorted(counting, key=lambda finding: -finding.severity.rank)


def worst_first(report: Report) -> list[Diagnosis]:
    """Return the diagnoses by their gravest finding, then by name; what was skipped comes last."""

    def order(diagnosis: Diagnosis) -> tuple[int, int, str]:
        facts = diagnosis.facts
        refused = {"error": 0, "examined": 1, "skipped": 2}[facts.status]
        ranks = (finding.severity.rank for finding in gravest_first(diagnosis))
        return refused, -max(ranks, default=-1), facts.class_name or facts.id

    return sorted(report.diagnoses, key=order)


def place(diagnosis: Diagnosis, finding: Finding) -> Span | None:
    """Return where the finding points, else where the class stands; None where neither is known."""
    facts = diagnosis.facts
    if finding.location is not None or facts.file is None:
        return finding.location
    from layerdoctor.rule import Span

    return Span(file=facts.file, line=facts.line or 1)
