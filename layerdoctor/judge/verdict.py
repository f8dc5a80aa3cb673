"""From facts to a report: the rules on what was seen, and the exit code of a run."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace

from layerdoctor.config.globs import Globs
from layerdoctor.config.settings import Settings
from layerdoctor.environment import environment
from layerdoctor.exits import FINDINGS, INTERNAL, INTERRUPTED, REFUSED
from layerdoctor.facts import LayerFacts, TargetError
from layerdoctor.judge.diagnosis import Diagnosis, diagnose, settle_markers
from layerdoctor.judge.repository import repository
from layerdoctor.judge.run import Report, Shard
from layerdoctor.rule import Severity, matches
from layerdoctor.rules import RULES
from layerdoctor.runner.cached_run import CachedRun
from layerdoctor.target import BadInput


class Judge:
    """Judges facts by the rules that the command line, the target and the config leave.

    Codes selected on the command line are not ignored by the config as a whole.
    """

    def __init__(
        self, settings: Settings, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
    ) -> None:
        """Raise ``BadInput`` for an entry that names no rule."""
        self._settings = settings
        self._select = select
        self._ignore = ignore
        self._root = str(settings.folder) if settings.file else repository().root
        tables = settings.targets.values()
        own = [entry for table in tables for entry in (*table.select, *table.ignore)]
        by_path = settings.per_path_ignores
        own += [entry for entries in by_path.values() for entry in entries]
        for entry in {*select, *ignore, *settings.select, *settings.ignore, *own}:
            _check_entry(entry)
        self._by_path = [
            (Globs([glob], str(settings.folder)), entries) for glob, entries in by_path.items()
        ]

    def __call__(self, facts: LayerFacts) -> Diagnosis:
        """Return what is the matter with the layer; where a rule fails, that the fault is ours."""
        try:
            return self._diagnosis(facts)
        except Exception as error:
            words = f"{type(error).__name__} inside layerdoctor"
            fault = TargetError(kind="internal", message=words, traceback=traceback.format_exc())
            unjudged = LayerFacts(id=facts.id, target=facts.target, status="error", error=fault)
            return self._diagnosis(unjudged)

    def _diagnosis(self, facts: LayerFacts) -> Diagnosis:
        settings, table = self._settings, self._settings.targets.get(facts.id)
        own_select, own_ignore = (table.select, table.ignore) if table else ([], [])
        general = [] if self._select else settings.ignore
        return diagnose(
            facts,
            RULES,
            select=self._select or own_select or settings.select,
            ignore=[*general, *own_ignore, *self._ignored_in(facts.file), *self._ignore],
            root=self._root,
        )

    def _ignored_in(self, file: str | None) -> list[str]:
        if file is None:
            return []
        return [entry for globs, entries in self._by_path if globs.match(file) for entry in entries]


def examined(
    observation: CachedRun, judge: Judge, advance: Callable[[str], None]
) -> tuple[tuple[Diagnosis, ...], bool]:
    """Return the diagnoses in the order of the targets, and whether all could be made.

    ``advance`` is told the id of each target that is done. After a keyboard interrupt the diagnoses
    made until then are returned.
    """
    done: dict[str, Diagnosis] = {}
    complete = True
    try:
        for facts in observation.facts():
            done[facts.id] = judge(facts)
            advance(facts.id)
    except KeyboardInterrupt:
        complete = False
    ordered = [done[target.id] for target in observation.targets if target.id in done]
    return settle_markers(ordered), complete


def report_on(
    diagnoses: Sequence[Diagnosis],
    settings: Settings,
    *,
    strict: bool = False,
    complete: bool = True,
    shard: Shard | None = None,
) -> Report:
    """Return the report with its exit code; ``strict`` makes skipped targets fail the run."""
    never = settings.fail_on == "never"
    report = Report(
        diagnoses=tuple(diagnoses),
        environment=environment(settings.device, settings.seed),
        exit_code=0 if complete else INTERRUPTED,
        fail_on=None if never else Severity(settings.fail_on),
        shard=shard,
        repository=repository(),
    )
    return replace(report, exit_code=max(report.exit_code, exit_code(report, strict=strict)))


def exit_code(report: Report, *, strict: bool = False) -> int:
    """Return the highest code that one of the diagnoses asks for."""
    codes = [0]
    for facts in (diagnosis.facts for diagnosis in report.diagnoses):
        if facts.status == "error":
            internal = facts.error is not None and facts.error.kind == "internal"
            codes.append(INTERNAL if internal else REFUSED)
        if facts.status == "skipped" and strict:
            codes.append(REFUSED)
    if any(report.fails(finding) for _, finding in report.findings()):
        codes.append(FINDINGS)
    return max(codes)


def _check_entry(entry: str) -> None:
    if any(matches(entry, rule.code, rule.name) for rule in RULES):
        return
    known = [word for rule in RULES for word in (rule.code, rule.name)]
    near = difflib.get_close_matches(entry, known, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    raise BadInput(f"there is no rule `{entry}`{hint}")
