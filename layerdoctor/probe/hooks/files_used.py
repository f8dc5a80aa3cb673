"""Which of the author's files took part: those that were imported and those that were read."""

from __future__ import annotations

import importlib.util
import itertools
import os
import sys
import sysconfig
from typing import Any

from layerdoctor.user_code import INSTALLED, Author, Nearness

_READ: set[str] = set()
_WRITTEN: set[str] = set()
_HOOKED: list[bool] = []
"""Not empty once the hook is there, which cannot be taken away."""


_FOREIGN = (*INSTALLED, *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")))
_BEFORE = [
    name
    for name, module in list(sys.modules.items())
    if not any(folder in (getattr(module, "__file__", None) or "") for folder in _FOREIGN)
]
"""The modules imported before this one that are not installed."""


def watch() -> None:
    """Note every file that Python opens from here on, and forget what was noted before."""
    _READ.clear()
    _WRITTEN.clear()
    if not _HOOKED:
        _HOOKED.append(True)
        sys.addaudithook(_note_file)


def local_files(author: Author) -> tuple[str, ...]:
    """Return the author's files that have been imported or read, but for those written here."""
    read = {file for file in map(_source, _READ) if author.nearness(file) >= Nearness.APPLICATION}
    imported = {file for file in _imported() if is_local(file, author)}
    files = {os.path.abspath(file) for file in read | imported} - _WRITTEN
    return tuple(sorted(author.relative(file) for file in files if os.path.isfile(file)))


def missing_files(author: Author) -> set[str]:
    """Return the author's files that were to be read and are not there."""
    return {
        file
        for file in _READ - _WRITTEN
        if not file.endswith(".pyc")
        and author.nearness(file) >= Nearness.APPLICATION
        and not os.path.lexists(file)
    }


def _note_file(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not isinstance(arguments[0], (str, bytes)):
        return
    path, mode, flags = arguments
    writes = set(mode or "") & set("wax+") or (flags or 0) & (os.O_WRONLY | os.O_RDWR)
    try:
        (_WRITTEN if writes else _READ).add(os.path.abspath(os.fsdecode(path)))
    except OSError:
        return


def _source(file: str) -> str:
    """Return the file of source behind a file of byte code, and any other file as it is."""
    if file.endswith(".pyc"):
        try:
            return importlib.util.source_from_cache(file)
        except ValueError:
            return file
    return file


def _imported() -> set[str]:
    """Return the files of modules; what a library imported ahead is not even touched.

    In a process that was forked, each object looked at is a page of memory to be copied.
    """
    after = itertools.takewhile(__name__.__ne__, reversed(sys.modules))
    modules = map(sys.modules.get, [*_BEFORE, *after])
    found = (getattr(module, "__file__", None) for module in modules)
    return {file for file in found if isinstance(file, str)}


def is_local(file: str, author: Author) -> bool:
    """Whether the file is the author's, or of another project that is not installed."""
    near = author.nearness(file)
    installed = any(folder in file for folder in INSTALLED)
    return near >= Nearness.APPLICATION or (near is Nearness.ELSEWHERE and not installed)
