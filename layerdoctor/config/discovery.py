"""Layer classes in files, found by reading the source, never by importing it.

A class counts when its bases lead, through imports, local classes and sibling modules, to a
layer, a model or ``tf.Module``. Left out are private classes (a leading underscore), abstract ones,
classes inside functions, and what stands in tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerdoctor.config.globs import Globs
from layerdoctor.config.sources.known import KnownSources
from layerdoctor.config.sources.lookup import Discovered, SourceFiles, Unreadable, file_of_module
from layerdoctor.config.sources.statements import SourceFile
from layerdoctor.target import FILES

SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "test", "tests"})
_TEST_FILE = re.compile(r"(test_.*|.*_test|conftest)\.py")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What files and folders hold."""

    layers: list[Discovered]
    """Sorted by file and line."""
    unreadable: list[Unreadable]
    """Sorted by file."""
    unused: Sequence[str]
    """The globs that exclude nothing."""


def discover(
    paths: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    exclude_from: str = ".",
    known: KnownSources | None = None,
) -> Discovery:
    """Return the layer classes in files and folders.

    ``exclude`` are globs of paths relative to ``exclude_from``. A file that is named itself is read
    even where it is a test, and one that is ``known`` from an earlier run is not read again.
    """
    globs = Globs(exclude, exclude_from)
    files = dict.fromkeys(_files(paths, globs))
    sources = SourceFiles(known)
    named = {os.path.abspath(path) for path in paths}
    read = _read_promising(sources, files, named)
    layers = [item for source in read for item in sources.layers_of(source)]
    if known is not None:
        known.keep()
    unreadable = [item for file, item in sources.unreadable.items() if file in files]
    return Discovery(
        sorted(layers, key=lambda item: (item.file, item.line)),
        sorted(unreadable, key=lambda item: item.file),
        globs.unused(),
    )


def _read_promising(
    sources: SourceFiles, files: Iterable[str], named: Container[str]
) -> list[SourceFile]:
    """Parse the files that name a framework, then those that name a layer class found so far.

    A module that was asked for by its own name is parsed in any case.
    """
    glances = {file: sources.glance(file) for file in files}
    renamed = [pair for glance in glances.values() for pair in glance.renamed]
    waiting = {
        file: glance
        for file, glance in glances.items()
        if glance.derives or (file in named and file.endswith(FILES))
    }
    promising = [file for file in waiting if file in named or waiting[file].promises]
    read: list[SourceFile] = []
    known: set[str] = set()
    while promising:
        fresh = [source for file in promising if (source := sources.of_file(file)) is not None]
        for file in promising:
            del waiting[file]
        read += fresh
        names = {name for source in fresh for name in sources.names_of_layers(source)}
        names |= {new for old, new in renamed if old in names | known}
        known, names = known | names, names - known
        promising = [file for file in waiting if not names.isdisjoint(waiting[file].words)]
    return read


def locate(
    target: str, folders: Sequence[str], sources: SourceFiles | None = None
) -> tuple[str, str] | None:
    """Return the file and the class that a target means, through re-exports; None if not found.

    What is read for it is kept in ``sources``, for the next one.
    """
    place, _, name = target.rpartition(":")
    sources = sources or SourceFiles()
    if place.endswith(FILES):
        return os.path.abspath(place), name
    for folder in folders:
        source = sources.of_module(place, os.path.abspath(folder))
        found = sources.find(source, name) if source else None
        if found is not None:
            return found.source.file, found.name
    return None


def module_file(target: str, folders: Sequence[str]) -> str | None:
    """Return the file that a target's module is; None if not found."""
    place = target.rpartition(":")[0]
    if place.endswith(FILES):
        return os.path.abspath(place)
    found = (file_of_module(place, os.path.abspath(folder)) for folder in folders)
    return next(filter(None, found), None)


def files_in(folders: Sequence[str]) -> list[str]:
    """Return the modules in folders where discovery looks for layers."""
    return [file for file in _files(folders, Globs([], ".")) if file.endswith(".py")]


def _files(paths: Sequence[str], exclude: Globs) -> Iterator[str]:
    for path in paths:
        if os.path.isfile(path):
            yield os.path.abspath(path)
        else:
            yield from _walk(os.path.abspath(path), exclude)


def _walk(folder: str, exclude: Globs) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    if any(entry.name == "pyvenv.cfg" for entry in entries):
        return
    for entry in entries:
        excluded = exclude.match(entry.path, is_folder=entry.is_dir())
        if excluded or entry.name.startswith("."):
            continue
        if entry.is_dir():
            if entry.name not in SKIPPED_FOLDERS and not entry.is_symlink():
                yield from _walk(entry.path, exclude)
        elif entry.name.endswith(FILES) and not _TEST_FILE.fullmatch(entry.name):
            yield entry.path
