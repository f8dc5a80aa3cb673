"""From a report to cures, one for each file that findings point at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from layerdoctor.config.settings import Settings
from layerdoctor.fix.search import Cure, Outcome, Search, Wanted, remedies
from layerdoctor.fix.source import Source, read
from layerdoctor.fix.trial import ChangeTrials, Verdict
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.judge.verdict import Judge
from layerdoctor.notebooks.pieces import whole
from layerdoctor.rule import Finding, matches
from layerdoctor.runner.pool import Pool
from layerdoctor.target import Target


@dataclass(frozen=True, slots=True)
class Tried:
    """A file's cure, and the search that found it; None where the file cannot be changed."""

    cure: Cure
    search: Search | None
    wanted: tuple[Wanted, ...]


def cures(
    report: Report,
    targets: Sequence[Target],
    settings: Settings,
    workers: Pool,
    progress: Callable[[str], None] = lambda _: None,
    *,
    together: bool = True,
) -> Iterator[Tried]:
    """Yield what can be changed in each file, tried by the workers that made the report.

    ``together`` tries each file beside the changes of those before it, as they will be written;
    otherwise each change stands for itself. ``progress`` is told which file is tried.
    """
    diagnoses = {each.facts.id: each for each in report.diagnoses}
    known = {target.id: target for target in targets if target.id in diagnoses}
    by_file = _by_file(report, settings)
    if not by_file:
        return
    with tempfile.TemporaryDirectory(prefix="layerdoctor-fix-") as folder:
        trials = ChangeTrials(known, diagnoses, Judge(settings), workers, Path(folder))
        for file, wanted in by_file.items():
            progress(file)
            source = read(file)
            if isinstance(source, str):
                yield Tried(_refused(file, wanted, source), None, tuple(wanted))
                continue
            search = Search(source, trials, _resting_on(file, known, diagnoses))
            cure = search.cure(wanted)
            yield Tried(cure, search, tuple(wanted))
            if together and cure.cured:
                trials.keep(source, cure.data, cure.claims)


def _refused(file: str, wanted: Sequence[Wanted], why: str) -> Cure:
    none = Verdict(reason=f"`{file}` cannot be changed: {why}")
    return Cure(Source(file, b""), b"", tuple(Outcome(each.finding, none) for each in wanted))


def _by_file(report: Report, settings: Settings) -> dict[str, list[Wanted]]:
    """Return what is to be cured in each file; what several targets show is one finding."""
    found: dict[str, dict[tuple[object, ...], Wanted]] = {}
    for diagnosis, finding in report.findings():
        file = finding.location.file if finding.location else diagnosis.facts.file
        if file is None or not _is_curable(finding, diagnosis, settings):
            continue
        wanted = found.setdefault(file, {})
        before = wanted.get(finding.problem, Wanted(finding, ()))
        wanted[finding.problem] = replace(before, diagnoses=(*before.diagnoses, diagnosis))
    return {file: list(wanted.values()) for file, wanted in sorted(found.items())}


def _is_curable(finding: Finding, diagnosis: Diagnosis, settings: Settings) -> bool:
    """Whether there is a remedy that asks for nothing, or was asked for."""
    table = settings.targets.get(diagnosis.facts.id)
    select = (table.select if table else []) or settings.select
    named = any(matches(entry, finding.code, finding.rule) for entry in select)
    return any(named or not remedy.asked for remedy in remedies(finding.code))


def _resting_on(
    file: str, targets: Mapping[str, Target], diagnoses: Mapping[str, Diagnosis]
) -> list[str]:
    """Return the ids of the targets that could be examined and that the file takes part in."""
    path = os.path.realpath(whole(file))

    def rests(diagnosis: Diagnosis) -> bool:
        facts = diagnosis.facts
        files = [*facts.local_files, *([facts.file] if facts.file else [])]
        return facts.status == "examined" and path in (
            os.path.realpath(whole(each)) for each in files
        )

    return [name for name in targets if rests(diagnoses[name])]
