"""Parts of a run: which targets belong to one, and the reports of several joined again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from layerdoctor.exits import FINDINGS, REFUSED
from layerdoctor.judge.diagnosis import settle_markers
from layerdoctor.judge.run import Report, Shard
from layerdoctor.judge.verdict import exit_code
from layerdoctor.rule import Severity
from layerdoctor.target import BadInput, Target


def shard(text: str, targets: Sequence[Target]) -> Shard:
    """Return the part of a run that ``1/3`` names, counted from 1; raises ``BadInput``."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
    number, of = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= number <= of:
        raise BadInput(f"--shard: received `{text}`; expected `I/N`, such as `1/3`")
    return Shard(number=number, of=of, targets=tuple(target.id for target in targets))


def part(targets: Sequence[Target], shard: Shard) -> list[Target]:
    """Return the targets of a shard; which one a target is in depends on its id alone."""
    return [target for target in targets if _number(target.id, shard.of) == shard.number]


def merged(reports: Sequence[Report], *, fail_on: str | None = None) -> Report:
    """Return the reports as one, whose targets stand in the order of the run they are parts of.

    The run fails where the strictest of the reports does, or at ``fail_on``; it fails, too, where
    the report of a shard is missing.
    """
    ids = [name for report in reports if report.shard for name in report.shard.targets]
    order = {name: place for place, name in reversed(list(enumerate(ids)))}
    diagnoses = [diagnosis for report in reports for diagnosis in report.diagnoses]
    diagnoses.sort(key=lambda each: order.get(each.facts.id, len(ids)))
    whole = replace(
        reports[0],
        diagnoses=settle_markers(diagnoses),
        fail_on=_strictest(reports) if fail_on is None else _level(fail_on),
        shard=None,
    )
    graver = [report.exit_code for report in reports if report.exit_code > FINDINGS]
    absent = [REFUSED] if missing(reports) else []
    return replace(whole, exit_code=max([exit_code(whole), *graver, *absent]))


def missing(reports: Sequence[Report]) -> list[str]:
    """Return the shards, as ``2/3``, that belong to the same run and are not among the reports."""
    here = {(report.shard.number, report.shard.of) for report in reports if report.shard}
    every = {(number, of) for _, of in here for number in range(1, of + 1)}
    return [f"{number}/{of}" for number, of in sorted(every - here)]


def _strictest(reports: Sequence[Report]) -> Severity | None:
    levels = [report.fail_on for report in reports if report.fail_on is not None]
    return min(levels, key=lambda level: level.rank, default=None)


def _level(fail_on: str) -> Severity | None:
    return None if fail_on == "never" else Severity(fail_on)


def _number(name: str, of: int) -> int:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % of + 1
