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

from layerdoctor.config.class_lookup import Discovered, SourceFiles, Unreadable, file_of_module
from layerdoctor.config.class_statements import SourceFile, text_of
from layerdoctor.config.globs import Globs
from layerdoctor.config.known_sources import KnownSources
from layerdoctor.target import FILES

SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "test", "tests"})
_TEST_FILE = re.compile(r"(test_.*|.*_test|conftest)\.py")
_FRAMEWORK = re.compile(rb"\b(keras|tf_keras|tensorflow)\b")
_A_LAYER = re.compile(rb"\b(Layer|layers)\b")
"""What a class may derive from that a module of the project hands on from a framework."""


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
    texts = {file: text_of(file) for file in files}
    deriving = {file for file, text in texts.items() if _DERIVED.search(text)}
    said = {
        file: b"\n".join(_STATEMENTS.findall(text))
        for file, text in texts.items()
        if file in deriving or b" as " in text
    }
    renamed = [pair for text in said.values() for pair in _RENAMED.findall(text)]
    waiting = {file: set(re.findall(rb"\w+", said[file])) for file in texts if file in deriving}
    waiting |= {file: set() for file in texts if file in named and file.endswith(FILES)}
    promising = [
        file
        for file in waiting
        if file in named or _names_framework(texts[file]) or _A_LAYER.search(said[file])
    ]
    read: list[SourceFile] = []
    known: set[bytes] = set()
    while promising:
        fresh = [source for file in promising if (source := sources.of_file(file)) is not None]
        for file in promising:
            del waiting[file]
        read += fresh
        names = {name.encode() for source in fresh for name in sources.names_of_layers(source)}
        names |= {new for old, new in renamed if old in names | known}
        known, names = known | names, names - known
        promising = [file for file, words in waiting.items() if not words.isdisjoint(names)]
    return read


def _names_framework(text: bytes) -> bool:
    # a plain search, ten times as fast as that for a word, rules most files out
    return (b"keras" in text or b"tensorflow" in text) and bool(_FRAMEWORK.search(text))


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


_STATEMENTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n]*)"
    rb"|class[ \t]+\w+[ \t]*\([^)]*\))",
    re.M,
)
"""What is imported by name, and what classes derive from."""
_DERIVED = re.compile(rb"^[ \t]*class[ \t]+\w+[ \t]*[\[(]", re.M)
"""A class that derives from another one, or has parameters of types and may."""
_RENAMED = re.compile(rb"\b(\w+)[ \t]+as[ \t]+(\w+)")
