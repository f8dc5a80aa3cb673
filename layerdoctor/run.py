"""One way to run: from targets and settings to a report, whoever asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layerdoctor.facts import LayerFacts
from layerdoctor.runner.cache import Cache
from layerdoctor.runner.cached_run import CachedRun
from layerdoctor.runner.pool import Pool
from layerdoctor.runner.progress import Progress, Shown, unseen
from layerdoctor.target import Target

if TYPE_CHECKING:
    from layerdoctor.config.selection import Selection
    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.baseline import Ledger
    from layerdoctor.judge.diagnosis import Diagnosis
    from layerdoctor.judge.run import Report, Shard
    from layerdoctor.judge.verdict import Judge


def run(
    targets: Sequence[Target],
    settings: Settings,
    *,
    workers: Pool | None = None,
    known: Sequence[LayerFacts] = (),
    selection: Selection | None = None,
    cache: Cache | None = None,
    ledger: Ledger | None = None,
    shard: Shard | None = None,
    progress: Progress = unseen,
) -> Report:
    """Examine the targets, judge them, and return the report in their order.

    ``workers`` examine what the ``cache`` does not know; ``known`` are facts that need no worker,
    and stand first, as do the files that the ``selection`` could not read. The ``ledger`` is
    brought up to date. After a keyboard interrupt the report tells of what was done. Raises
    ``BadInput``.
    """
    # shards are dealt out by times that are the same for all of them
    observation = CachedRun(targets, workers, cache=cache, keeps_times=shard is None)
    observation.start()
    # rules are imported while the server imports TensorFlow
    from layerdoctor.judge.diagnosis import settle_markers
    from layerdoctor.judge.verdict import Judge, report_on

    judge = Judge(settings)
    missing = {target.id for target in observation.missing}
    with progress(len(missing)) as shown:
        done, complete = _judged(observation.facts(shown.seen), judge, missing, shown)
    if selection and (shard is None or shard.number == 1):  # several shards tell of them once
        known = [*known, *selection.refused()]
    examined = (done[target.id] for target in targets if target.id in done)
    diagnoses = settle_markers([*map(judge, known), *examined])
    if ledger and complete:
        everything = selection is not None and selection.whole and shard is None
        ledger.update(diagnoses, everything=everything)
    return report_on(
        ledger.accept(diagnoses) if ledger else diagnoses,
        settings,
        complete=complete,
        cached=len(targets) - len(observation.missing),
        untargeted=_untargeted(selection, done.values(), shard) if selection and complete else (),
        shard=shard,
    )


def cache_of(settings: Settings) -> Cache:
    """Return the results of earlier runs of the same project."""
    folder = Path(os.path.abspath(settings.folder))
    return Cache(settings.cache_folder, project=folder, variables=settings.cache_env)


def _untargeted(
    selection: Selection, diagnoses: Iterable[Diagnosis], shard: Shard | None
) -> tuple[str, ...]:
    """Return the classes that no target names or, as a factory may, has made."""
    if shard is not None and not selection.by_name:
        return ()
    examined = {
        (os.path.abspath(facts.file), (facts.class_name or "").rpartition(".")[2])
        for facts in (diagnosis.facts for diagnosis in diagnoses)
        if facts.file
    }
    return tuple(
        layer.spec
        for layer in selection.others
        if (os.path.abspath(layer.file), layer.name.rpartition(".")[2]) not in examined
    )


def _judged(
    observed: Iterable[LayerFacts], judge: Judge, missing: set[str], shown: Shown
) -> tuple[dict[str, Diagnosis], bool]:
    """Return the diagnoses by the ids of their targets, and whether all could be made."""
    done: dict[str, Diagnosis] = {}
    try:
        for facts in observed:
            is_new = facts.id in missing and facts.id not in done
            done[facts.id] = judge(facts)
            if is_new:  # told only now: what is told of is in the report, also after an interrupt
                shown.done(facts.id)
    except KeyboardInterrupt:
        return done, False
    return done, True
