"""Who is told how far a run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from layerdoctor.facts import LayerFacts


class Shown:
    """What is told how far a run is; this one shows nothing of it."""

    def seen(self, facts: LayerFacts) -> None:
        """Take what was observed of the only target before the checks of its contract."""

    def done(self, name: str) -> None:
        """Take the id of a target that is done."""


Progress = Callable[[int], AbstractContextManager[Shown]]
"""Takes how many targets have to be examined; lasts while they are."""


@contextmanager
def unseen(_missing: int) -> Iterator[Shown]:
    """Show no progress."""
    yield Shown()
