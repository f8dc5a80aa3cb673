"""From facts to a report: the rules on what was seen, and the exit code of a run."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from layerdoctor.config.globs import Globs
from layerdoctor.config.places import place_of
from layerdoctor.config.settings import Settings
from layerdoctor.config.tables import ConfigTable
from layerdoctor.environment import environment
from layerdoctor.exits import FINDINGS, INTERNAL, INTERRUPTED, REFUSED
from layerdoctor.facts import LayerFacts, TargetError
from layerdoctor.judge.diagnosis import Diagnosis, diagnose
from layerdoctor.judge.repository import repository
from layerdoctor.judge.run import Report, Shard
from layerdoctor.notebooks.pieces import whole
from layerdoctor.rule import Finding, Severity, matches, nearest_rule
from layerdoctor.rules import RULES
from layerdoctor.target import BadInput

_OF_NO_ACCOUNT = frozenset({"app_dir", "baseline", "jobs", "format", "cache_dir"})
"""What may differ from machine to machine."""


class Judge:
    """Judges facts by the rules that the settings and the target's own leave."""

    def __init__(self, settings: Settings) -> None:
        """Raise ``BadInput`` for an entry that names no rule."""
        self._settings = settings
        self._root = str(settings.folder) if settings.file else repository().root
        tables = settings.targets.values()
        own = [entry for table in tables for entry in (*table.select, *table.ignore)]
        by_path = settings.per_path_ignores
        own += [entry for entries in by_path.values() for entry in entries]
        for entry in {*settings.select, *settings.ignore, *settings.severity, *own}:
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
        diagnosis = diagnose(
            self._placed(facts),
            RULES,
            select=own_select or settings.select,
            ignore=[*settings.ignore, *own_ignore, *self.ignored_in(facts.file)],
            root=self._root,
            require_reason=settings.require_reason,
        )
        return replace(diagnosis, findings=tuple(map(self._weighed, diagnosis.findings)))

    def _placed(self, facts: LayerFacts) -> LayerFacts:
        """Return facts whose error, where no line of the author's is known, is at its target's."""
        error, file = facts.error, self._settings.file
        if error is None or error.location or error.kind == "internal" or file is None:
            return facts
        if facts.id not in self._settings.targets:
            return facts
        return replace(facts, error=replace(error, location=place_of(facts.id, file)))

    def _weighed(self, finding: Finding) -> Finding:
        """Return the finding with the severity of the last entry that names its rule."""
        for entry, severity in self._settings.severity.items():
            if matches(entry, finding.code, finding.rule):
                finding = replace(finding, severity=Severity(severity))
        return finding

    def ignored_in(self, file: str | None) -> list[str]:
        """Return the entries of ``per-path-ignores`` for a file."""
        if file is None:
            return []
        path = whole(file)
        return [entry for globs, entries in self._by_path if globs.match(path) for entry in entries]


def report_on(
    diagnoses: Sequence[Diagnosis],
    settings: Settings,
    *,
    complete: bool = True,
    cached: int = 0,
    untargeted: tuple[str, ...] = (),
    shard: Shard | None = None,
) -> Report:
    """Return the report with its exit code."""
    never = settings.fail_on == "never"
    report = Report(
        diagnoses=tuple(diagnoses),
        environment=environment(settings.device, settings.seed),
        exit_code=0,
        fail_on=None if never else Severity(settings.fail_on),
        strict=settings.strict,
        config=_digest(settings),
        repository=repository(),
        cached=cached,
        untargeted=untargeted,
        shard=shard,
    )
    interrupted = 0 if complete else INTERRUPTED
    return replace(report, exit_code=max(interrupted, exit_code(report)))


def _digest(settings: Settings) -> str:
    """Return what tells apart settings that other targets or other findings come of."""
    said = {name: getattr(settings, name) for name in ConfigTable.__struct_fields__}
    counts = {name: value for name, value in said.items() if name not in _OF_NO_ACCOUNT}
    return hashlib.sha256(msgspec.json.encode(counts, order="sorted")).hexdigest()[:20]


def exit_code(report: Report) -> int:
    """Return the highest code that one of the diagnoses, or what was left out, asks for."""
    codes = [0]
    for facts in (diagnosis.facts for diagnosis in report.diagnoses):
        if facts.status == "error":
            internal = facts.error is not None and facts.error.kind == "internal"
            codes.append(INTERNAL if internal else REFUSED)
    if report.strict and (report.skipped() or report.untargeted):
        codes.append(REFUSED)
    if any(report.fails(finding) for _, finding in report.findings()):
        codes.append(FINDINGS)
    return max(codes)


def _check_entry(entry: str) -> None:
    if not any(matches(entry, rule.code, rule.name) for rule in RULES):
        raise BadInput(f"there is no rule `{entry}`{nearest_rule(entry, RULES)}")
