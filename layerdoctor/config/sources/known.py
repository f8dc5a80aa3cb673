"""What files said when they were last read, which need not be read again while they are the same.

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
from layerdoctor.config.sources.glance import Glance
from layerdoctor.config.sources.statements import (
    ClassStatement,
    SourceFile,
    module_in,
    package_of,
)
from layerdoctor.notebooks.reading import ENDING

NAME = "sources.json"
FORMAT = [3, *sys.version_info[:2]]
"""To be raised where something else is read from the same file; Pythons parse differently."""
MANY = 200
"""How many files a project has of which it is kept what they say."""
JUST = 2 * 10**9
"""Nanoseconds within which a file has changed just before."""

GONE = (-1, -1)
"""The time of change and the size of a file that is not there."""


class _Class(msgspec.Struct, array_like=True):
    name: str
    line: int
    bases: tuple[str, ...]
    methods: dict[str, str]
    is_abc: bool


class _KnownSource(msgspec.Struct, array_like=True):
    module: str
    legacy: bool
    names: dict[str, str]
    stars: list[str]
    classes: list[_Class]


class _File(msgspec.Struct, array_like=True):
    changed: int
    size: int
    glance: Glance | None = None
    """None for a file that was only parsed."""
    source: _KnownSource | None = None
    """None for one that was only looked at."""


class _KeptSources(msgspec.Struct):
    format: list[int]
    files: dict[str, _File]


class KnownSources:
    """What the runs before have read; notebooks are not among it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = time.time_ns()
        self._files: dict[str, _File] = {}
        self._states: dict[str, tuple[int, int]] = {}
        self._packages: dict[str, tuple[str, str]] = {}
        self._news = False
        with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            kept = msgspec.json.decode((folder / NAME).read_bytes(), type=_KeptSources)
            if kept.format == FORMAT:
                self._files = kept.files

    def glance(self, file: str) -> Glance | None:
        """Return what a file shows; None where that is not known of it as it is now."""
        known = self._unchanged(file)
        return known.glance if known is not None else None

    def of(self, file: str) -> SourceFile | None:
        """Return what a file says; None where that is not known of it as it is now."""
        known = self._unchanged(file)
        said = known.source if known is not None else None
        root, module = self._module_of(file)
        if said is None or said.module != module:
            return None
        source = SourceFile(file, module, root, said.names, said.stars, legacy=said.legacy)
        for each in said.classes:
            source.classes[each.name] = ClassStatement(
                source, each.name, file, each.line, each.bases, each.methods, each.is_abc
            )
        return source

    def add_glance(self, file: str, seen: Glance) -> None:
        """Take note of what a file shows that was looked at now."""
        if (known := self._to_change(file)) is not None:
            known.glance = seen

    def add(self, source: SourceFile) -> None:
        """Take note of a source that was read now."""
        if (known := self._to_change(source.file)) is None:
            return
        classes = [
            _Class(each.name, each.line, each.bases, each.methods, each.is_abc)
            for each in source.classes.values()
        ]
        said = (source.module, source.legacy, source.names, source.stars, classes)
        known.source = _KnownSource(*said)

    def keep(self) -> None:
        """Keep it for the next run, where the files are many."""
        if self._news and len(self._files) >= MANY:
            there = {file: self._files[file] for file in self._files if self._state(file) != GONE}
            data = msgspec.json.encode(_KeptSources(FORMAT, there))
            with suppress(OSError):
                output.keep_file(data, self._folder / NAME, self._folder)

    def _unchanged(self, file: str) -> _File | None:
        """Return what is known of a file, if it is the same."""
        known = self._files.get(file)
        same = known is not None and (known.changed, known.size) == self._state(file)
        return known if same else None

    def _to_change(self, file: str) -> _File | None:
        """Return what news of a file goes into; None where they are not to be kept."""
        changed, size = self._state(file)
        if file.endswith(ENDING) or changed > self._began - JUST:
            return None
        self._news = True
        if self._unchanged(file) is None:
            self._files[file] = _File(changed, size)
        return self._files[file]

    def _state(self, file: str) -> tuple[int, int]:
        """Return a file's time of change and size, as they were when they were first asked for."""
        if file not in self._states:
            self._states[file] = _state(file)
        return self._states[file]

    def _module_of(self, file: str) -> tuple[str, str]:
        """Return what ``module_of`` returns, of the files of one folder at once."""
        folder, name = os.path.split(file)
        if folder not in self._packages:
            self._packages[folder] = package_of(folder)
        root, package = self._packages[folder]
        return root, module_in(package, name)


def _state(file: str) -> tuple[int, int]:
    try:
        status = os.stat(file)
    except OSError:
        return GONE
    return status.st_mtime_ns, status.st_size
