"""Which line of the author's changes something, found by running line after line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from layerdoctor.facts import Location
from layerdoctor.probe.hooks.frames import as_written, frames_followed
from layerdoctor.probe.hooks.internals import GRAPH_CALLBACK, replaced
from layerdoctor.user_code import Author

MOST = 5_000
"""How many lines are looked behind."""


def line_that_changes(
    run: Callable[[], Any], fingerprint: Callable[[], Any], author: Author
) -> Location | None:
    """Run and return the author's line after which the fingerprint is another one.

    What the run raises is left aside. Of code that runs in other threads, only what a graph calls
    back is followed.
    """
    watch = _Watch(fingerprint, author)

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def called_back(*args: Any) -> Any:
            with frames_followed(watch.called):
                return original(*args)

        return called_back

    with suppress(Exception), replaced(GRAPH_CALLBACK, wrap), frames_followed(watch.called):
        run()
    return watch.found


class _Watch:
    def __init__(self, fingerprint: Callable[[], Any], author: Author) -> None:
        self._fingerprint = fingerprint
        self._author = author
        self._before = fingerprint()
        self._lines: dict[FrameType, int] = {}
        self._left = MOST
        self.found: Location | None = None

    def called(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Follow the frames of the author's code."""
        del event, arg
        author = not self._author.is_library(frame.f_code.co_filename)
        return self._stepped if author and self._is_on() else None

    def _is_on(self) -> bool:
        return self.found is None and self._left > 0

    def _stepped(self, frame: FrameType, event: str, arg: Any) -> Any:
        del arg
        if not self._is_on():
            return None
        self._left -= 1
        previous = self._lines.get(frame)
        if previous is not None and self._fingerprint() != self._before:
            file, line = as_written(frame.f_code, previous)
            self.found = Location(file=self._author.relative(file), line=line)
        if event == "line":
            self._lines[frame] = frame.f_lineno
        return self._stepped
