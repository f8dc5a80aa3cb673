"""From diagnoses to a string: one module a format, loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerdoctor.rule import Finding, Severity, Span
from layerdoctor.rules.wording import counted

if TYPE_CHECKING:
    from layerdoctor.diagnosis import Diagnosis
    from layerdoctor.facts import Environment
    from layerdoctor.report.changes import Changes

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Which part of a run a report tells of."""

    number: int
    """Counted from 1."""
    of: int
    targets: tuple[str, ...]
    """The ids of all targets of the run, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The diagnoses of one run."""

    diagnoses: tuple[Diagnosis, ...]
    environment: Environment
    exit_code: int
    fail_on: Severity | None = Severity.WARNING
    """The least severity that fails a run; None where none does."""
    shard: Shard | None = None
    """None where the report tells of the whole run."""
    changes: Changes | None = None
    """None where there was no look before this one."""

    def findings(self) -> Iterator[tuple[Diagnosis, Finding]]:
        """Yield each finding that is not suppressed, with the diagnosis it belongs to."""
        for diagnosis in self.diagnoses:
            for finding in diagnosis.findings:
                if finding.suppressed is None:
                    yield diagnosis, finding

    def count(self, severity: Severity) -> int:
        """Return how many findings of that severity are not suppressed."""
        return sum(finding.severity is severity for _, finding in self.findings())

    def suppressed(self) -> int:
        """Return how many findings are suppressed, inline or by the baseline."""
        return sum(len(diagnosis.findings) for diagnosis in self.diagnoses) - len(
            tuple(self.findings())
        )

    def fails(self, finding: Finding) -> bool:
        """Say whether the finding alone fails the run."""
        return (
            finding.suppressed is None
            and self.fail_on is not None
            and finding.severity.rank >= self.fail_on.rank
        )

    def totals(self) -> str:
        """Return the counts in words: ``2 errors, 1 note in 2 of 5 layers, 1 skipped``."""
        counts = [
            counted(number, severity.value)
            for severity in Severity
            if (number := self.count(severity))
        ]
        affected = len({id(diagnosis) for diagnosis, _ in self.findings()})
        examined, skipped, refused = (
            sum(diagnosis.facts.status == status for diagnosis in self.diagnoses)
            for status in ("examined", "skipped", "error")
        )
        of = f"{affected} of " if counts and examined > 1 else ""
        words = f"{', '.join(counts) or 'no findings'} in {of}{counted(examined, 'layer')}"
        others = {"suppressed": self.suppressed(), "skipped": skipped, "not examined": refused}
        return ", ".join(
            [
                words if examined else "no layer examined",
                *(f"{number} {label}" for label, number in others.items() if number),
            ]
        )


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
    text: str = importlib.import_module(f"{__name__}.{format}").render(report, style)
    return text


def place(diagnosis: Diagnosis, finding: Finding) -> Span | None:
    """Return where the finding points, else where the class stands; None where neither is known."""
    facts = diagnosis.facts
    if finding.location is not None or facts.file is None:
        return finding.location
    return Span(file=facts.file, line=facts.line or 1)
