"""Workflow commands, which GitHub shows as annotations on the lines they name."""

from __future__ import annotations

from dataclasses import dataclass

from layerdoctor.facts import TargetError
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, place
from layerdoctor.report.distinct import DistinctFinding, distinct
from layerdoctor.report.escaping import visible
from layerdoctor.report.source.notebook_places import in_file
from layerdoctor.rule import Severity, Span
from layerdoctor.wording import counted

SHOWN = 10
"""How many annotations of each kind GitHub shows for one step."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_KINDS = tuple(_COMMANDS.values())


@dataclass(frozen=True, slots=True)
class _Annotation:
    kind: str
    properties: dict[str, str]
    message: str

    def command(self) -> str:
        properties = ",".join(f"{key}={_property(text)}" for key, text in self.properties.items())
        message = visible(self.message, keep="\n")
        return f"::{self.kind} {properties}::{_data(message)}"

    def line(self) -> str:
        """Return the same for the log alone, where no command can begin."""
        at = [self.properties[key] for key in ("file", "line", "col") if key in self.properties]
        first, _, _ = self.message.partition("\n")
        words = visible(f"{self.properties['title']} {first}")
        return f"{':'.join([self.kind, *at])} {words}".replace("##[", "## [")


def render(report: Report, _style: Style) -> str:
    """Return a command for each finding, the gravest first.

    What exceeds the number that GitHub shows follows as plain lines of the log, and is counted.
    """
    annotations = [_annotation(report, found) for found in distinct(report.findings())] + [
        _refusal(report, each.facts.target, each.facts.status, each.facts.error)
        for each in report.diagnoses
        if each.facts.error
    ]
    shown, left = [], []
    for kind in _KINDS:
        of_kind = [annotation for annotation in annotations if annotation.kind == kind]
        shown += of_kind[:SHOWN]
        left += of_kind[SHOWN:]
    lines = [annotation.command() for annotation in shown]
    if left:
        lines.append(f"{counted(len(left), 'annotation')} more than GitHub shows:")
        lines += [annotation.line() for annotation in left]
    return "".join(f"{line}\n" for line in lines)


def _annotation(report: Report, found: DistinctFinding) -> _Annotation:
    finding = found.finding
    span = place(found.diagnosis, finding)
    properties: dict[str, str] = {}
    where = ""
    if span is not None:
        span, where = in_file(span)
        properties |= {"file": report.path(span.file), "line": str(span.line)}
        if span.end_line not in (None, span.line):
            properties["endLine"] = str(span.end_line)
        elif span.column is not None:
            properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
    properties["title"] = f"{finding.code} {finding.rule}"
    words = [f"{where}{finding.message}", finding.remedy, found.seen_in()]
    return _Annotation(_COMMANDS[finding.severity], properties, "\n".join(filter(None, words)))


def _refusal(report: Report, target: str, status: str, error: TargetError) -> _Annotation:
    kind = "error" if status == "error" else "warning"
    properties: dict[str, str] = {}
    where = ""
    if error.location:
        at, where = in_file(Span(file=error.location.file, line=error.location.line))
        properties |= {"file": report.path(at.file), "line": str(at.line)}
    properties["title"] = f"{target} was not examined"
    return _Annotation(kind, properties, f"{where}{error.message}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
