"""The facts of targets: from the cache where nothing changed, and else from workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from layerdoctor.facts import LayerFacts
from layerdoctor.runner.cache import Cache
from layerdoctor.runner.pool import Pool
from layerdoctor.target import Target


class CachedRun:
    """Targets, and what is seen of them."""

    def __init__(
        self,
        targets: Sequence[Target],
        workers: Pool | None,
        *,
        cache: Cache | None = None,
        keeps_times: bool = True,
    ) -> None:
        """``workers`` are needed where the cache does not know every target."""
        found = [cache.read(target) if cache else None for target in targets]
        self._known = [facts for facts in found if facts is not None]
        pairs = zip(targets, found, strict=True)
        self.missing = tuple(target for target, facts in pairs if facts is None)
        """The targets that have to be examined."""
        self._cache = cache
        self._keeps_times = keeps_times
        self._workers = workers

    def start(self) -> None:
        """Start the server: TensorFlow is imported while other things are made ready."""
        if self._workers and self.missing:
            self._workers.start(self.missing)

    def facts(self, seen: Callable[[LayerFacts], None]) -> Iterator[LayerFacts]:
        """Yield the facts as they become known, in no particular order.

        ``seen`` is told what was observed of a single target before its checks.
        """
        yield from self._known
        if self._workers is None:
            return
        by_id = {target.id: target for target in self.missing}
        seconds = []
        is_single = len(self.missing) == 1
        for facts in self._workers.examine(self.missing, seen=seen if is_single else None):
            seconds.append((by_id[facts.id], facts.seconds))
            if self._cache:
                self._cache.keep(by_id[facts.id], facts)
            yield facts
        if self._cache and self.missing:
            self._cache.trim()
            if self._keeps_times:
                self._cache.keep_seconds(seconds)
