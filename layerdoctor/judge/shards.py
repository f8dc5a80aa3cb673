"""Parts of a run: which targets belong to one, and the reports of several joined again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from layerdoctor.exits import FINDINGS, REFUSED
from layerdoctor.judge.diagnosis import Diagnosis, settle_markers
from layerdoctor.judge.repository import Repository
from layerdoctor.judge.run import Report, Shard
from layerdoctor.judge.verdict import exit_code
from layerdoctor.rule import Severity
from layerdoctor.target import BadInput, Target
from layerdoctor.wording import listed

VERSIONS = ("python", "tensorflow", "keras", "tf_keras", "numpy")
"""What may differ between the machines of one run without being told apart in a finding."""


def shard(text: str, targets: Sequence[Target]) -> Shard:
    """Return the part of a run that ``1/3`` names, counted from 1; raises ``BadInput``."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
    number, of = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= number <= of:
        raise BadInput(f"--shard: received `{text}`; expected `I/N`, such as `1/3`")
    return Shard(number=number, of=of, targets=tuple(target.id for target in targets))


def part(
    targets: Sequence[Target], shard: Shard, seconds: Sequence[float] | None = None
) -> list[Target]:
    """Return the targets of a shard, in their order.

    All shards take about as long by the ``seconds`` that each target took the last time, which have
    to be the same for every shard; without them each shard has as many targets.
    """
    loads = [0.0] * shard.of
    mine = set()
    times = seconds or [1.0] * len(targets)
    for index in sorted(range(len(targets)), key=lambda index: (-times[index], index)):
        least = loads.index(min(loads))
        loads[least] += times[index]
        if least == shard.number - 1:
            mine.add(index)
    return [target for index, target in enumerate(targets) if index in mine]


def merged(reports: Sequence[Report], *, fail_on: str | None = None) -> Report:
    """Return the reports as one, whose targets stand in the order of the run they are parts of.

    The run fails where the strictest of the reports does, or at ``fail_on``; it fails, too, where
    the report of a shard is missing or a target is in none. A report that is given twice counts
    once. Raises ``BadInput`` for shards that are no parts of one run.
    """
    reports = _from_one_place(_distinct(reports))
    _check_one_run([report for report in reports if report.shard])
    ids = [name for report in reports if report.shard for name in report.shard.targets]
    order = {name: place for place, name in reversed(list(enumerate(ids)))}
    diagnoses = _distinct_targets(reports)
    diagnoses.sort(key=lambda each: order.get(each.facts.id, len(ids)))
    whole = replace(
        reports[0],
        diagnoses=settle_markers(diagnoses),
        fail_on=_strictest(reports) if fail_on is None else _level(fail_on),
        strict=any(report.strict for report in reports),
        cached=sum(report.cached for report in reports),
        untargeted=tuple(dict.fromkeys(name for each in reports for name in each.untargeted)),
        shard=None,
    )
    graver = [report.exit_code for report in reports if report.exit_code > FINDINGS]
    absent = [REFUSED] if missing(reports) or unexamined(reports) else []
    return replace(whole, exit_code=max([exit_code(whole), *graver, *absent]))


def missing(reports: Sequence[Report]) -> list[str]:
    """Return the shards, as ``2/3``, that belong to the same run and are not among the reports."""
    here = {(report.shard.number, report.shard.of) for report in reports if report.shard}
    every = {(number, of) for _, of in here for number in range(1, of + 1)}
    return [f"{number}/{of}" for number, of in sorted(every - here)]


def unexamined(reports: Sequence[Report]) -> list[str]:
    """Return the targets of the run that none of its shards tells of, though all are here."""
    if missing(reports):
        return []
    ids = {name: None for report in reports if report.shard for name in report.shard.targets}
    told = {each.facts.id for report in reports if report.shard for each in report.diagnoses}
    return [name for name in ids if name not in told]


def remarks(reports: Sequence[Report]) -> list[str]:
    """Return, in words, what is missing from the reports and in what their machines differ."""
    found = [f"the report of shard {name} is missing" for name in missing(reports)]
    if names := unexamined(reports):
        found.append(
            f"no shard tells of {listed(names)}: a run was cut short, or the shards were cut by "
            "different times; give all of them one cache, or none"
        )
    versions = {"layerdoctor": [report.version for report in reports]} | {
        name: [str(getattr(report.environment, name)) for report in reports] for name in VERSIONS
    }
    for name, seen in versions.items():
        if len(set(seen)) > 1:
            found.append(f"the reports were made with {name} {_either(seen)}")
    return found


def _distinct(reports: Sequence[Report]) -> list[Report]:
    """Leave out what is the same report once more."""
    kept: list[Report] = []
    for report in reports:
        if report not in kept:
            kept.append(report)
    return kept


def _from_one_place(reports: Sequence[Report]) -> Sequence[Report]:
    """Return the reports with all files named from the root, where they were made in other places.

    Several folders of one repository may have a report each, and machines their own checkouts.
    """
    if len({report.repository for report in reports}) == 1:
        return reports
    return [_from_root(report, report.repository) for report in reports]


def _from_root(report: Report, repository: Repository | None) -> Report:
    if repository is None:
        return report
    plain = _renamed(msgspec.to_builtins(report.diagnoses), repository)
    return replace(
        report,
        diagnoses=msgspec.convert(plain, tuple[Diagnosis, ...]),
        repository=replace(repository, folder=""),
    )


def _renamed(value: Any, repository: Repository) -> Any:
    """Return plain data with each ``file`` in it named from the root of the repository."""
    if isinstance(value, dict):
        return {
            key: repository.path(item)
            if key == "file" and isinstance(item, str)
            else _renamed(item, repository)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_renamed(item, repository) for item in value]
    return value


def _distinct_targets(reports: Sequence[Report]) -> list[Diagnosis]:
    """Return the diagnoses of all reports; of two shards that tell of one target, the first's."""
    told: set[str] = set()
    found = []
    for report in reports:
        for diagnosis in report.diagnoses:
            if report.shard and diagnosis.facts.id in told:
                continue
            if report.shard:
                told.add(diagnosis.facts.id)
            found.append(diagnosis)
    return found


def _check_one_run(shards: Sequence[Report]) -> None:
    seen: dict[tuple[int, int], Report] = {}
    for report in shards:
        first = shards[0]
        assert first.shard is not None
        assert report.shard is not None
        name = f"{report.shard.number}/{report.shard.of}"
        names = f"shards {first.shard.number}/{first.shard.of} and {name}"
        if (report.shard.number, report.shard.of) in seen:
            raise BadInput(f"two different reports tell of shard {name}; give one of them")
        if (report.shard.of, report.shard.targets) != (first.shard.of, first.shard.targets):
            raise BadInput(f"{names} are parts of different runs: their targets differ")
        if report.config != first.config:
            raise BadInput(f"{names} were made with different configs or options")
        seen[report.shard.number, report.shard.of] = report


def _either(seen: Iterable[str]) -> str:
    *first, last = dict.fromkeys("none" if version == "None" else version for version in seen)
    return f"{', '.join(first)} and {last}"


def _strictest(reports: Sequence[Report]) -> Severity | None:
    levels = [report.fail_on for report in reports if report.fail_on is not None]
    return min(levels, key=lambda level: level.rank, default=None)


def _level(fail_on: str) -> Severity | None:
    return None if fail_on == "never" else Severity(fail_on)
