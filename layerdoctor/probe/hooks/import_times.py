"""How long the statements of the author's modules take while a target is imported."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from layerdoctor.facts import Location
from layerdoctor.import_work import remedy, work_in
from layerdoctor.user_code import Author

STEP = 0.1
"""Seconds between two looks at what is running."""
LONG = 1.0
"""Seconds that no definition takes."""


class ImportTimes:
    """Looks, from a thread of its own, at what the importing thread is running."""

    def __init__(self, author: Author) -> None:
        self._author = author
        self._seconds: defaultdict[Location, float] = defaultdict(float)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch this thread while the block runs."""
        done = threading.Event()
        watching = threading.Thread(
            target=self._watch, args=(threading.get_ident(), done), daemon=True
        )
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()

    def asks(self) -> list[str]:
        """Return what to change so that an import takes no longer than its definitions."""
        seconds, place = max(
            ((seconds, place) for place, seconds in self._seconds.items()),
            key=lambda each: each[0],
            default=(0.0, None),
        )
        if place is None or seconds < LONG:
            return []
        return [f"importing took {seconds:.0f} s for one statement: {remedy(place)}"]

    def _watch(self, thread: int, done: threading.Event) -> None:
        before = time.monotonic()
        while not done.wait(STEP):
            frame = sys._current_frames().get(thread)
            stack = traceback.StackSummary.extract(
                list(traceback.walk_stack(frame))[::-1], lookup_lines=False
            )
            place = work_in(stack, self._author)
            now = time.monotonic()
            if place is not None:
                self._seconds[place] += now - before
            before = now
