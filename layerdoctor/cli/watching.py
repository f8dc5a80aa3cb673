"""Waiting for files to change."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import closing

import watchfiles

STEP = 20
"""Milliseconds of quiet after which a change is taken to be whole."""
LONGEST = 200
"""Milliseconds after which it is told of anyway."""
BETWEEN = 500
"""Milliseconds between looks at the files' times, for what changed before the watch began."""


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
