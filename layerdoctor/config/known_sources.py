"""What files said when they were last read, which need not be parsed again while they are the same.

A file is the same while its size and its time of change are. One that had changed just before it
was read is read again: the clock of the file system may not tell a further change from that one.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from layerdoctor import output
from layerdoctor.config.class_statements import ClassStatement, SourceFile, module_of
from layerdoctor.notebooks.reading import ENDING

NAME = "sources.json"
FORMAT = [2, *sys.version_info[:2]]
"""To be raised where something else is read from the same file; Pythons parse differently."""
MANY = 200
"""How many files a project has whose sources are kept."""
JUST = 2 * 10**9
"""Nanoseconds within which a file has changed just before."""


class _Class(msgspec.Struct, array_like=True):
    name: str
    line: int
    bases: tuple[str, ...]
    methods: dict[str, str]
    is_abc: bool


class _Source(msgspec.Struct, array_like=True):
    changed: int
    size: int
    module: str
    legacy: bool
    names: dict[str, str]
    stars: list[str]
    classes: list[_Class]


class _Kept(msgspec.Struct):
    format: list[int]
    sources: dict[str, _Source]


class KnownSources:
    """The sources that the runs before have read; notebooks are not among them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = time.time_ns()
        self._sources: dict[str, _Source] = {}
        self._news = False
        with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            kept = msgspec.json.decode((folder / NAME).read_bytes(), type=_Kept)
            if kept.format == FORMAT:
                self._sources = kept.sources

    def of(self, file: str) -> SourceFile | None:
        """Return what a file says; None where that is not known of it as it is now."""
        known = self._sources.get(file)
        if known is None:
            return None
        root, module = module_of(file)
        if (known.changed, known.size) != _state(file) or known.module != module:
            return None
        source = SourceFile(file, module, root, known.names, known.stars, legacy=known.legacy)
        for each in known.classes:
            source.classes[each.name] = ClassStatement(
                source, each.name, file, each.line, each.bases, each.methods, each.is_abc
            )
        return source

    def add(self, source: SourceFile) -> None:
        """Take note of a source that was read now."""
        changed, size = _state(source.file)
        if source.file.endswith(ENDING) or changed > self._began - JUST:
            return
        classes = [
            _Class(each.name, each.line, each.bases, each.methods, each.is_abc)
            for each in source.classes.values()
        ]
        known = (source.module, source.legacy, source.names, source.stars, classes)
        self._sources[source.file] = _Source(changed, size, *known)
        self._news = True

    def keep(self) -> None:
        """Keep them for the next run, where they are many."""
        if self._news and len(self._sources) >= MANY:
            there = {file: known for file, known in self._sources.items() if os.path.exists(file)}
            data = msgspec.json.encode(_Kept(FORMAT, there))
            with suppress(OSError):
                output.keep_file(data, self._folder / NAME, self._folder)


def _state(file: str) -> tuple[int, int]:
    try:
        status = os.stat(file)
    except OSError:
        return (-1, -1)
    return status.st_mtime_ns, status.st_size
