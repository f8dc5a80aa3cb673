"""Reports whose findings carry the changes that were tried and hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from layerdoctor.config.settings import Settings
from layerdoctor.exits import INTERRUPTED
from layerdoctor.fix import patch, words
from layerdoctor.fix.files import Tried, cures
from layerdoctor.fix.search import Outcome
from layerdoctor.fix.source import Source
from layerdoctor.fix.trial import Verdict
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.rule import Fix
from layerdoctor.runner.pool import Pool
from layerdoctor.target import Target


def with_hints(
    report: Report, targets: Sequence[Target], settings: Settings, workers: Pool
) -> Report:
    """Return the report with a change for each finding that one cures, alone and with others.

    Without any, where it is interrupted.
    """
    if report.exit_code == INTERRUPTED:
        return report
    found: dict[tuple[str, str], Fix] = {}
    try:
        for tried in cures(report, targets, settings, workers, together=False):
            found |= _fixes(tried)
    except KeyboardInterrupt:
        return replace(report, exit_code=INTERRUPTED)
    diagnoses = (_with_fixes(each, found) for each in report.diagnoses)
    return replace(report, diagnoses=tuple(diagnoses))


def _fixes(tried: Tried) -> dict[tuple[str, str], Fix]:
    """Return the changes of one file, by the target and the fingerprint of the finding."""
    if tried.search is None:
        return {}
    source = tried.cure.source
    cured = {
        id(outcome.finding): _fix(source, data, verdict, outcome)
        for outcome, data, verdict in tried.search.alone(tried.cure)
    }
    return {
        (diagnosis.facts.id, own.fingerprint): fix
        for wanted in tried.wanted
        if (fix := cured.get(id(wanted.finding))) is not None
        for diagnosis in wanted.diagnoses
        for own in diagnosis.findings
        if own.problem == wanted.finding.problem
    }


def _fix(source: Source, data: bytes, verdict: Verdict, outcome: Outcome) -> Fix:
    return Fix(
        file=source.file,
        diff=patch.diff(source.file, source.data, data),
        outputs="equal" if verdict.outputs_of(outcome.targets) == "equal" else "changed",
        tried=words.seen(verdict, outcome),
    )


def _with_fixes(diagnosis: Diagnosis, found: dict[tuple[str, str], Fix]) -> Diagnosis:
    findings = (
        replace(each, fix=found.get((diagnosis.facts.id, each.fingerprint)))
        for each in diagnosis.findings
    )
    return replace(diagnosis, findings=tuple(findings))
