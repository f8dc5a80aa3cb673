"""Parts of a run: which targets belong to one, and the reports of several joined again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from layerdoctor.diagnosis import settle_markers
from layerdoctor.report import Report, Shard
from layerdoctor.target import BadInput, Target


def parse(text: str) -> tuple[int, int]:
    """Return number and count of ``1/3``, counted from 1; raises ``BadInput``."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
    number, of = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= number <= of:
        raise BadInput(f"--shard: received `{text}`; expected `I/N`, such as `1/3`")
    return number, of


def part(targets: Sequence[Target], number: int, of: int) -> list[Target]:
    """Return the targets of one shard; which one a target is in depends on its id alone."""
    return [target for target in targets if _place(target.id, of) == number]


def merged(reports: Sequence[Report]) -> Report:
    """Return the reports as one, whose targets stand in the order of the run they are parts of.

    It fails where the severest of the reports does; its exit code is the highest of theirs.
    """
    ids = [name for report in reports if report.shard for name in report.shard.targets]
    order = {name: place for place, name in reversed(list(enumerate(ids)))}
    diagnoses = [diagnosis for report in reports for diagnosis in report.diagnoses]
    diagnoses.sort(key=lambda each: order.get(each.facts.id, len(ids)))
    levels = [report.fail_on for report in reports if report.fail_on is not None]
    return replace(
        reports[0],
        diagnoses=settle_markers(diagnoses),
        exit_code=max(report.exit_code for report in reports),
        fail_on=min(levels, key=lambda level: level.rank, default=None),
        shard=None,
    )


def missing(reports: Sequence[Report]) -> list[str]:
    """Return the shards, as ``2/3``, that the others among the reports speak of."""
    shards = [report.shard for report in reports if report.shard]
    here = {(shard.number, shard.of) for shard in shards}
    every = {(number, of) for of in {of for _, of in here} for number in range(1, of + 1)}
    return [f"{number}/{of}" for number, of in sorted(every - here)]


def shard_of(targets: Sequence[Target], number: int, of: int) -> Shard:
    """Return what a report says of the run that it is a part of."""
    return Shard(number=number, of=of, targets=tuple(target.id for target in targets))


def _place(name: str, of: int) -> int:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % of + 1
