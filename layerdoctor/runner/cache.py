"""Facts kept by content: what a layer was seen to do stays true while nothing it rests on changes.

An entry is a file of JSON, named after the target's spec and everything outside the author's files
that may take part: the versions of Python, layerdoctor and whatever is installed, the environment
variables that TensorFlow, Keras and Python read, the settings of Keras and the working directory.
It holds the digests of the author's files that took part, and is of no use once one of them
differs. What crashed or ran out of time is never kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import msgspec

from layerdoctor.facts import Failure, LayerFacts
from layerdoctor.target import Target, Value
from layerdoctor.version import FOLDER

NAME = ".layerdoctor_cache"
IGNORE = ".gitignore"
LARGEST = 128 * 1024**2
"""How many bytes of entries are kept; the ones unused for longest go first."""

CLOCK = 0.05
"""Seconds by which a file's time may lag behind the clock."""

VARIABLES = (
    "CUDA_",
    "KERAS_",
    "LD_",
    "MKL_",
    "NVIDIA_",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "PYTHON",
    "TF_",
    "TPU_",
    "XLA_",
)
"""How the names of the environment variables begin that may change what a layer does."""


class _Entry(msgspec.Struct):
    files: dict[str, str]
    """Digests of the author's files, by their paths from the working directory."""
    facts: LayerFacts


class _Files(msgspec.Struct):
    files: dict[str, str]


class Cache:
    """The entries of one folder; several processes may use it at the same time."""

    def __init__(self, folder: Path, *, largest: int = LARGEST) -> None:
        self._folder = folder
        self._largest = largest
        self._began = time.time()
        self._digests: dict[str, str | None] = {}

    def read(self, target: Target) -> LayerFacts | None:
        """Return what is known of the target; None where nothing is, or something changed."""
        path = self._path(target)
        try:
            entry = msgspec.json.decode(path.read_bytes(), type=_Entry)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        if any(self._digest(file) != digest for file, digest in entry.files.items()):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return replace(entry.facts, id=target.id, target=target.target)

    def concerns(self, target: Target, files: Iterable[str]) -> bool:
        """Say whether one of the files took part in the target the last time it was examined.

        It is true, too, where nothing is known of a last time.
        """
        try:
            entry = msgspec.json.decode(self._path(target).read_bytes(), type=_Files)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return True
        return not {*map(os.path.abspath, entry.files)}.isdisjoint(map(os.path.abspath, files))

    def keep(self, target: Target, facts: LayerFacts) -> None:
        """Keep the facts, unless they or the files they rest on may be others next time."""
        if facts.status == "error" or any(_passes(failure) for failure in _failures(facts)):
            return
        names = sorted({*facts.local_files, *_arrays(target)})
        digests = {name: self._digest(name, anew=True) for name in names}
        files = {name: digest for name, digest in digests.items() if digest is not None}
        if len(files) < len(names) or any(map(self._is_newer, names)):
            return
        with contextlib.suppress(OSError):
            self._write(self._path(target), msgspec.json.encode(_Entry(files, facts)))

    def trim(self) -> None:
        """Remove the entries that have been unused for longest, where there are too many."""
        with contextlib.suppress(OSError):
            entries = (item for item in os.scandir(self._folder) if item.name != IGNORE)
            found = [(item.stat(), item.path) for item in entries]
            size = sum(status.st_size for status, _ in found)
            for status, path in sorted(found, key=lambda each: each[0].st_mtime):
                if size <= self._largest:
                    return
                Path(path).unlink(missing_ok=True)
                size -= status.st_size

    def _path(self, target: Target) -> Path:
        spec = msgspec.msgpack.encode(replace(target, id=""))
        return self._folder / f"{_hash(self._surroundings + spec)}.json"

    @cached_property
    def _surroundings(self) -> bytes:
        return msgspec.json.encode(
            [
                sys.version,
                platform.platform(),
                os.getcwd(),
                _own_digest(),
                _keras_settings(),
                sorted(item for item in os.environ.items() if item[0].startswith(VARIABLES)),
                sorted(_installed()),
            ]
        )

    def _digest(self, file: str, *, anew: bool = False) -> str | None:
        if anew or file not in self._digests:
            try:
                self._digests[file] = _hash(Path(file).read_bytes())
            except OSError:
                self._digests[file] = None
        return self._digests[file]

    def _is_newer(self, file: str) -> bool:
        """Whether the file may have changed while the layer was examined."""
        return Path(file).stat().st_mtime > self._began - CLOCK

    def _write(self, path: Path, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        ignore = self._folder / IGNORE
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        handle, name = tempfile.mkstemp(dir=self._folder)
        with open(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)


def _passes(failure: Failure) -> bool:
    """Whether the failure tells of the machine as much as of the layer."""
    return failure.kind in ("timeout", "crash")


def _failures(facts: LayerFacts) -> Iterator[Failure]:
    yield from facts.failures
    for check in facts.checks:
        yield from (breach.failure for breach in check.breaches if breach.failure is not None)


def _arrays(target: Target) -> Iterator[str]:
    """Yield the ``.npy`` files that the target's inputs and arguments come from."""
    yield from (given.npy for given in target.inputs if given.npy is not None)
    yield from _arrays_in([target.args, target.call])


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


def _own_digest() -> str:
    """Return a digest of this package: other facts may come of another version of it."""
    files = sorted(FOLDER.rglob("*.py"))
    return _hash(b"\0".join(file.read_bytes() for file in files))


def _keras_settings() -> str | None:
    home = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    with contextlib.suppress(OSError):
        return _hash(Path(home, "keras.json").read_bytes())
    return None


def _installed() -> Iterator[str]:
    """Yield what is installed, each with its version and, where it has one, its revision."""
    for folder in filter(os.path.isdir, dict.fromkeys(sys.path)):
        for item in os.scandir(folder):
            if item.name.endswith((".dist-info", ".egg-info")):
                yield item.name
                with contextlib.suppress(OSError):
                    yield Path(item.path, "direct_url.json").read_text(encoding="utf-8")


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=20).hexdigest()
