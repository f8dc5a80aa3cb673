"""Examining again whenever a file changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from contextlib import closing
from typing import NoReturn

import watchfiles

from layerdoctor.cli.printing import tell
from layerdoctor.exits import INTERRUPTED
from layerdoctor.judge.changes import ChangeTracker
from layerdoctor.judge.run import Report
from layerdoctor.target import BadInput

STEP = 20
"""Milliseconds of quiet after which a change is taken to be whole."""
LONGEST = 200
"""Milliseconds after which it is told of anyway."""
BETWEEN = 500
"""Milliseconds between looks at the files' times, for what changed before the watch began."""


SHOWN = 3
"""How many files are named before they are counted."""


def watch(
    look: Callable[[], Report], publish: Callable[[Report], None], get_ready: Callable[[], None]
) -> NoReturn:
    """Look again whenever one of the author's files that took part changes; ends when interrupted.

    What can be done ahead of the next look is done when it is time to ``get_ready``.
    A file that took part in any look counts: one that cannot be imported does not name them all.
    Raises ``BadInput`` where no file took part, and ``KeyboardInterrupt``.
    """
    looks = ChangeTracker()
    files: set[str] = set()
    while True:
        began = time.time()
        report = looks.compared(look())
        publish(report)
        if report.exit_code == INTERRUPTED:
            raise KeyboardInterrupt
        files.update(*(diagnosis.facts.local_files for diagnosis in report.diagnoses))
        if not files:
            raise BadInput("there is no file of yours to watch")
        shown = sorted(files) if len(files) <= SHOWN else [f"{len(files)} files"]
        tell(f"watching {', '.join(shown)}; end it with Ctrl-C")
        get_ready()
        tell(f"{', '.join(wait(files, began))} changed")


def wait(files: Collection[str], since: float) -> list[str]:
    """Wait until one of the files has changed since a moment, and return those that have.

    ``since`` is in seconds since the epoch. The folders are watched, since many editors write
    another file and rename it. Raises ``KeyboardInterrupt``.
    """
    names = {os.path.abspath(file): file for file in files}
    changes = watchfiles.watch(
        *{os.path.dirname(path) for path in names},
        watch_filter=lambda _, path: path in names,
        debounce=LONGEST,
        step=STEP,
        rust_timeout=BETWEEN,
        yield_on_timeout=True,
        recursive=False,
    )
    with closing(changes):
        changed = _changed(names, since)
        while not changed:
            told = {path for _, path in next(changes)}
            changed = told | _changed(names, since)
    return sorted(names[path] for path in changed)


def _changed(paths: Collection[str], since: float) -> set[str]:
    """Return the files whose time says so; a file that is not there says nothing."""
    return {path for path in paths if os.path.exists(path) and os.path.getmtime(path) > since}
