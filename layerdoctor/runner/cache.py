"""Facts kept by content: what a layer was seen to do stays true while nothing it rests on changes.

Each target has a folder of entries, named after its spec: one entry for every state of the author's
files, and of what surrounds them, that it was examined in, so that going back and forth between
branches finds each again. An entry holds the digests of the files that took part, and what was
there of the names that were looked for. What crashed or ran out of time is never kept.

The folder of the project stands for itself in all of it, so that entries hold wherever it lies.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import time
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import msgspec

from layerdoctor import output
from layerdoctor.facts import Failure, LayerFacts
from layerdoctor.runner.surroundings import PLACE, digest, moved, surroundings
from layerdoctor.target import Target, Value, split_array

TIMES = "seconds.json"
LARGEST = 128 * 1024**2
"""How many bytes of entries are kept; the ones unused for longest go first."""
VERSIONS = 16
"""How many entries of one target are kept."""

SUFFIXES = ("", *importlib.machinery.all_suffixes())
"""What the names of files and folders of modules end in."""

CLOCK = 0.05
"""Seconds by which a file's time may lag behind the clock."""


class _CachedState(msgspec.Struct):
    """What an entry rests on; paths are relative to the working directory or absolute."""

    project: str
    """Where the project lay."""
    surroundings: str
    files: dict[str, str]
    """Digests of the author's files."""
    looked_for: dict[str, dict[str, list[str]]]
    """By folders and names, what was found there."""

    def moved_to(self, project: str) -> _CachedState:
        """Return the same with the project in another place."""
        if project == self.project:
            return self
        plain = moved([self.files, self.looked_for], self.project, project)
        return _CachedState(project, self.surroundings, *plain)


class _CacheEntry(_CachedState):
    facts: msgspec.Raw


class Cache:
    """The entries of one folder; several processes may use it at the same time."""

    def __init__(
        self,
        folder: Path,
        *,
        project: Path | None = None,
        variables: Sequence[str] = (),
        largest: int = LARGEST,
    ) -> None:
        """Use a folder, which need not exist.

        ``project`` is the folder of the config, else the working directory; ``variables`` are globs
        of the names of environment variables that layers read besides TensorFlow's and Keras's.
        """
        self._folder = folder
        self._project = str((project or Path()).absolute())
        self._variables = tuple(variables)
        self._largest = largest
        self._began = time.time()
        self._digests: dict[str, str | None] = {}
        self._folders: dict[str, frozenset[str]] = {}

    def read(self, target: Target) -> LayerFacts | None:
        """Return what is known of the target; None where nothing is, or something changed."""
        current = self._current(target)
        if current is None:
            return None
        path, entry = current
        try:
            facts = self._facts(entry)
        except msgspec.DecodeError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return replace(facts, id=target.id, target=target.target)

    def concerns(self, target: Target, files: Iterable[str]) -> bool:
        """Say whether one of the files took part in the target as it is now.

        It is true, too, where the target was never examined as it is now: what it rests on has
        changed, is gone, or is not known.
        """
        current = self._current(target)
        if current is None:
            return True
        files_then = current[1].moved_to(self._project).files
        return not {*map(os.path.abspath, files_then)}.isdisjoint(map(os.path.abspath, files))

    def keep(self, target: Target, facts: LayerFacts) -> None:
        """Keep the facts, unless they or the files they rest on may be others next time."""
        if facts.status == "error" or any(_passes(failure) for failure in _failures(facts)):
            return
        names = sorted({*facts.local_files, *_arrays(target)})
        found = {name: self._digest(name, anew=True) for name in names}
        files = {name: content for name, content in found.items() if content is not None}
        if len(files) < len(names) or any(map(self._is_newer, names)):
            return
        there = {
            folder: _found(wanted, _inside(folder)) for folder, wanted in facts.looked_for.items()
        }
        state = (self._project, self._surroundings, files, there)
        entry = _CacheEntry(*state, msgspec.Raw(msgspec.json.encode(facts)))
        name = digest(msgspec.json.encode(state))
        with contextlib.suppress(OSError):
            self._write(self._folder / self._key(target) / f"{name}.json", entry)
            for path in self._versions(target)[VERSIONS:]:
                path.unlink(missing_ok=True)

    def seconds(self, targets: Sequence[Target]) -> list[float] | None:
        """Return what each target took the last time; None unless that is known of all."""
        known = self._times()
        found = [known.get(self._key(target)) for target in targets]
        times = [seconds for seconds in found if seconds is not None]
        return times if len(times) == len(targets) else None

    def keep_seconds(self, seconds: Iterable[tuple[Target, float]]) -> None:
        """Keep what targets took."""
        new = {self._key(target): round(taken, 2) for target, taken in seconds}
        if new:
            with contextlib.suppress(OSError):
                self._write(self._folder / TIMES, self._times() | new)

    def trim(self) -> None:
        """Remove the entries that have been unused for longest, where there are too many."""
        with contextlib.suppress(OSError):
            found = [(path.stat(), path) for path in self._folder.glob("*/*.json")]
            size = sum(status.st_size for status, _ in found)
            for status, path in sorted(found, key=lambda each: each[0].st_mtime):
                if size <= self._largest:
                    return
                path.unlink(missing_ok=True)
                size -= status.st_size

    def _key(self, target: Target) -> str:
        """Return the name of the target's folder, the same wherever the project lies."""
        spec = msgspec.to_builtins(replace(target, id=""))
        if os.sep in repr(spec):  # most name no folder, and to look into each value takes long
            spec = moved(spec, self._project, PLACE)
        return digest(msgspec.json.encode([self._here, spec]))

    def _current(self, target: Target) -> tuple[Path, _CacheEntry] | None:
        """Return the entry whose state is the present one, and its file."""
        for path in self._versions(target):
            try:
                entry = msgspec.json.decode(path.read_bytes(), type=_CacheEntry)
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                continue
            if self._is_present(entry.moved_to(self._project)):
                return path, entry
        return None

    def _versions(self, target: Target) -> list[Path]:
        """Return the target's entries, the one used last first."""
        with contextlib.suppress(OSError):
            found = [
                (item.stat().st_mtime, item.path)
                for item in os.scandir(self._folder / self._key(target))
                if item.name.endswith(".json")
            ]
            return [Path(path) for _, path in sorted(found, reverse=True)]
        return []

    def _facts(self, entry: _CacheEntry) -> LayerFacts:
        if entry.project == self._project:
            return msgspec.json.decode(entry.facts, type=LayerFacts)
        plain = moved(msgspec.json.decode(entry.facts), entry.project, self._project)
        return msgspec.convert(plain, LayerFacts)

    def _is_present(self, state: _CachedState) -> bool:
        return (
            state.surroundings == self._surroundings
            and all(self._digest(file) == known for file, known in state.files.items())
            and all(
                _found(names, self._present(folder)) == names
                for folder, names in state.looked_for.items()
            )
        )

    def _present(self, folder: str) -> frozenset[str]:
        """Return what was in a folder when it was first asked for: targets share folders."""
        if folder not in self._folders:
            self._folders[folder] = _inside(folder)
        return self._folders[folder]

    @cached_property
    def _here(self) -> str:
        return os.path.relpath(os.getcwd(), self._project)

    @cached_property
    def _surroundings(self) -> str:
        return surroundings(self._project, self._variables)

    def _digest(self, file: str, *, anew: bool = False) -> str | None:
        if anew or file not in self._digests:
            try:
                self._digests[file] = digest(Path(file).read_bytes())
            except OSError:
                self._digests[file] = None
        return self._digests[file]

    def _is_newer(self, file: str) -> bool:
        """Whether the file may have changed while the layer was examined."""
        return Path(file).stat().st_mtime > self._began - CLOCK

    def _times(self) -> dict[str, float]:
        try:
            return msgspec.json.decode((self._folder / TIMES).read_bytes(), type=dict[str, float])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    def _write(self, path: Path, content: object) -> None:
        output.keep_file(msgspec.json.encode(content), path, self._folder)


def _inside(folder: str) -> frozenset[str]:
    """Return the names of what is in a folder; none where it is not there."""
    try:
        return frozenset(os.listdir(folder or os.curdir))
    except OSError:
        return frozenset()


def _found(names: Iterable[str], present: Set[str]) -> dict[str, list[str]]:
    """Return, for each name, the files and folders there that a module of that name could be."""
    return {
        name: [name + suffix for suffix in SUFFIXES if name + suffix in present] for name in names
    }


def _passes(failure: Failure) -> bool:
    """Whether the failure tells of the machine as much as of the layer."""
    return failure.kind in ("timeout", "crash")


def _failures(facts: LayerFacts) -> Iterator[Failure]:
    yield from facts.failures
    for check in facts.checks:
        yield from (breach.failure for breach in check.breaches if breach.failure is not None)


def _arrays(target: Target) -> Iterator[str]:
    """Yield the files that the arrays of the target's inputs and arguments come from."""
    given = [item.npy for item in target.inputs if item.npy is not None]
    for array in (*given, *_arrays_in([target.args, target.call])):
        yield split_array(array)[0]


def _arrays_in(value: Value) -> Iterator[str]:
    items: Iterable[Value] = ()
    if isinstance(value, dict):
        if isinstance(value.get("npy"), str):
            yield value["npy"]
        items = value.values()
    elif isinstance(value, list):
        items = value
    for item in items:
        yield from _arrays_in(item)
