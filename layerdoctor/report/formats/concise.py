"""One line a finding, as compilers write it."""

from __future__ import annotations

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, headline
from layerdoctor.report.escaping import visible
from layerdoctor.rule import Finding


def render(report: Report, style: Style) -> str:
    """Return ``path:line:col: CODE name message [severity] (layer)`` for each finding.

    Suppressed ones are left out. A target that was not examined has a line
    ``target: status[kind] message``, and the last line sums the run up.
    """
    lines = []
    for diagnosis in report.diagnoses:
        facts = diagnosis.facts
        if facts.error is not None:
            lines.append(
                f"{facts.target}: {facts.status}[{facts.error.kind}] {facts.error.message}"
            )
        lines += [
            f"{place_of(diagnosis, finding)}: {finding.code} {finding.rule} {finding.message} "
            f"[{finding.severity.value}] ({headline.name(facts)})"
            for finding in diagnosis.findings
            if finding.suppressed is None
        ]
    lines.append(report.closing())
    return "".join(f"{visible(_one_line(line), unicode=style.unicode)}\n" for line in lines)


def place_of(diagnosis: Diagnosis, finding: Finding) -> str:
    """Return ``path:line:col`` of a finding, as far as it is known."""
    at = finding.location
    if at is None:
        return diagnosis.facts.file or diagnosis.facts.target
    return ":".join(str(part) for part in (at.file, at.line, at.column) if part is not None)


def _one_line(text: str) -> str:
    return " ".join(part.strip() for part in text.splitlines() if part.strip())
