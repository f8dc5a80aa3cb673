"""What a run did not look at, and what in its config had no effect, in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from layerdoctor.config.globs import Globs
from layerdoctor.config.selection import Selection
from layerdoctor.config.settings import SOURCES, Settings
from layerdoctor.exits import INTERRUPTED
from layerdoctor.judge.baseline import Ledger
from layerdoctor.judge.run import Report
from layerdoctor.notebooks.pieces import whole
from layerdoctor.wording import counted, listed

INSTALLED = frozenset({"site-packages", "dist-packages"})


def notices(
    report: Report, settings: Settings, selection: Selection, ledger: Ledger
) -> Iterator[str]:
    """Yield them."""
    if ledger.stale:
        gone = f"{counted(len(ledger.stale), 'finding')} that the baseline accepts"
        names = listed(entry.words() for entry in ledger.stale)
        yield f"gone: {gone}: {names}; `--prune-baseline FILE` drops what is gone from it"
    if report.untargeted:
        names = listed(report.untargeted)
        classes = counted(len(report.untargeted), "layer class", "layer classes")
        verb = "has" if len(report.untargeted) == 1 else "have"
        yield f"{classes} {verb} no target: {names}; `layerdoctor check --init` adds them"
    for glob in selection.unused:
        yield f"exclude: `{glob}` matches nothing under the `app-dir`"
    if selection.whole and report.shard is None and report.exit_code != INTERRUPTED:
        yield from _without_effect(report, settings)
    yield from _from_elsewhere(report, settings)


def _without_effect(report: Report, settings: Settings) -> Iterator[str]:
    files = [whole(each.facts.file) for each in report.diagnoses if each.facts.file]
    for glob in settings.per_path_ignores:
        globs = Globs([glob], str(settings.folder))
        if not any(map(globs.match, files)):
            yield f"per-path-ignores: `{glob}` matches the file of no layer"


def _from_elsewhere(report: Report, settings: Settings) -> Iterator[str]:
    """Yield, once a package, that the layer of a checkout was taken from what is installed."""
    told: set[str] = set()
    for facts in (diagnosis.facts for diagnosis in report.diagnoses):
        package = facts.target.partition(":")[0].partition(".")[0]
        if package in told or INSTALLED.isdisjoint(Path(facts.file or "").parts):
            continue
        for folder in (settings.folder / name for name in SOURCES):
            if (folder / package).is_dir() or (folder / f"{package}.py").is_file():
                told.add(package)
                own = os.path.relpath(folder / package)
                yield (
                    f"`{facts.target}` comes from {facts.file}, not from `{own}`; to examine the "
                    f'checkout set `app-dir = "{folder.name}"`, or give `--app-dir {folder.name}`'
                )
