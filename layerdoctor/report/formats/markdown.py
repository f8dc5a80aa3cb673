"""Markdown, for a job summary or a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, gravest_first, headline, place, verdict, worst_first
from layerdoctor.report.escaping import visible
from layerdoctor.report.picture import mermaid
from layerdoctor.report.picture.flow import Picture, picture
from layerdoctor.report.tables import Table, TableCell, layers_table
from layerdoctor.rule import Finding, Fix

LONGEST = 60_000
"""In characters: what a comment on a pull request can hold."""


def render(report: Report, _style: Style) -> str:
    """Return a heading, a list of findings by layer, and what had to be left out."""
    parts = [f"### layerdoctor: {report.closing()}\n"]
    used = len(parts[0])
    alone = len(report.diagnoses) == 1
    sections = [part for each in worst_first(report) for part in _section(each, alone=alone)]
    for number, part in enumerate(sections):
        used += len(part)
        if used > LONGEST:
            parts.append(f"\n… and {len(sections) - number} more entries\n")
            break
        parts.append(part)
    return "".join(parts)


def _section(diagnosis: Diagnosis, *, alone: bool) -> Iterator[str]:
    facts = diagnosis.facts
    if facts.error is not None:
        asks = "".join(f"\n  {_prose(ask)}" for ask in facts.asks)
        yield f"\n- **{facts.status}** {_code(facts.id)}: {_prose(facts.error.message)}{asks}\n"
        return
    findings = gravest_first(diagnosis)
    if findings or alone:
        name = _code(headline.name(facts))
        yield f"\n#### {name}\n\n{_prose(verdict.line(facts))}\n\n"
        if facts.layers:
            yield _layers(layers_table(facts, facts.layers, folded=True))
        yield from (_entry(diagnosis, finding) for finding in findings)
        shown = picture(facts)
        if shown is not None:
            yield _picture(shown)


def _layers(table: Table) -> str:
    """Return the layers of a model."""
    head = [column.title for column in table.columns]
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in table.rows)]
    remarks = "".join(f"\n{_prose(remark)}\n" for remark in table.remarks)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"{remarks}\n"


def _cell(cell: TableCell) -> str:
    return _prose(cell.words) + (f" **×{cell.count}**" if cell.count > 1 else "")  # noqa: RUF001


def _entry(diagnosis: Diagnosis, finding: Finding) -> str:
    span = place(diagnosis, finding)
    at = f" {_code(f'{span.file}:{span.line}')}" if span else ""
    remedy = _fix(finding.fix) if finding.fix else f"  *Help:* {_prose(finding.help)}\n"
    return (
        f"- **{finding.severity.value} {finding.code}** {finding.rule}{at}<br>\n"
        f"  {_prose(finding.message)}<br>\n{remedy}"
    )


def _fix(fix: Fix) -> str:
    """Return a change, folded, in a fence that no line of it can end."""
    longest = max(map(len, re.findall("`+", fix.diff)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = visible(fix.diff, keep="\n\t").rstrip("\n").split("\n")
    body = "\n".join(f"  {line}" for line in (f"{fence}diff", *lines, fence))
    summary = f"<summary>help, tried: {fix.tried}</summary>"
    return f"\n  <details open>{summary}\n\n{body}\n\n  </details>\n"


def _picture(shown: Picture) -> str:
    """Return the flow, unfolded where there is something to see in it."""
    is_open = " open" if mermaid.has_trouble(shown) else ""
    return (
        f"\n<details{is_open}><summary>the flow of the data</summary>\n\n"
        f"```mermaid\n{mermaid.graph(shown)}\n```\n\n</details>\n"
    )


def _code(text: str) -> str:
    """Return a code span that holds the text, whatever backticks are in it."""
    plain = visible(text)
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    room = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{room}{plain}{room}{fence}"


def _prose(text: str) -> str:
    """Return one line in which nothing but what stands between backticks is markup."""
    line = visible(" ".join(text.split()))
    parts = re.split(r"(`[^`]+`)", line)
    return "".join(
        part if number % 2 else re.sub(r"([\\`*_\[\]<>|~&])", r"\\\1", part)
        for number, part in enumerate(parts)
    )
