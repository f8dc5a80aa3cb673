"""The facts of targets: from the cache where nothing changed, and else from workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType

from layerdoctor.facts import LayerFacts
from layerdoctor.runner.cache import Cache
from layerdoctor.runner.pool import Forward, Pool
from layerdoctor.target import Target


class CachedRun:
    """Targets, and what is seen of them."""

    def __init__(
        self, targets: Sequence[Target], *, jobs: int, forward: Forward, cache: Cache | None = None
    ) -> None:
        self.targets = tuple(targets)
        self._cache = cache
        found = [cache.read(target) if cache else None for target in self.targets]
        self._known = [facts for facts in found if facts is not None]
        pairs = zip(self.targets, found, strict=True)
        self.missing = tuple(target for target, facts in pairs if facts is None)
        """The targets that have to be examined."""
        self._workers = Pool(jobs, forward=forward)

    def __enter__(self) -> CachedRun:
        """Start the server: TensorFlow is imported while other things are made ready."""
        if self.missing:
            self._workers.start(self.missing)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._workers.__exit__(kind, error, trace)

    def facts(self) -> Iterator[LayerFacts]:
        """Yield the facts as they become known, in no particular order."""
        yield from self._known
        by_id = {target.id: target for target in self.missing}
        for facts in self._workers.examine(self.missing):
            if self._cache:
                self._cache.keep(by_id[facts.id], facts)
            yield facts
        if self._cache and self.missing:
            self._cache.trim()
