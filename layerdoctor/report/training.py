"""What was seen of a training, as one table; nothing where all is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerdoctor.judge.run import Report
from layerdoctor.report import headline
from layerdoctor.report.formats.concise import place_of
from layerdoctor.training_facts import EpochFacts

HEAD = ("when", "what", "about", "where")


def table(
    reports: Sequence[tuple[Report, int]],
    epoch: EpochFacts | None,
    not_seen: Sequence[tuple[str, str]],
) -> str:
    """Return a table of the findings that fail a run and of what the first epoch left behind.

    With each report comes how many layers are like the one that it is on.
    """
    rows = [*_rows(reports, epoch, not_seen)]
    if not rows:
        return ""
    cells = [HEAD, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "\nlayerdoctor\n" + "".join(f"  {line}\n" for line in lines)


def _rows(
    reports: Sequence[tuple[Report, int]],
    epoch: EpochFacts | None,
    not_seen: Sequence[tuple[str, str]],
) -> Iterator[tuple[str, str, str, str]]:
    for report, count in reports:
        for diagnosis, finding in report.findings():
            if report.fails(finding):
                about = f"{headline.name(diagnosis.facts)} {finding.subject or ''}".strip()
                about += f" (in {count} layers)" if count > 1 else ""
                what = f"{finding.code} {finding.rule}"
                yield "first batch", what, about, place_of(diagnosis, finding)
        for diagnosis in report.diagnoses:
            if diagnosis.facts.error is not None:
                yield (
                    "first batch",
                    "not examined",
                    diagnosis.facts.id,
                    diagnosis.facts.error.message,
                )
    for name, why in not_seen:
        yield "first batch", "not examined", name, why
    for words, about in epoch.remarks() if epoch is not None else ():
        yield "first epoch", words, about, ""
