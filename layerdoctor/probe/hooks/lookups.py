"""Which names were looked for in the author's folders, whether they were there or not.

An import that failed may succeed once there is a module of that name, one that succeeded may find
another module, and a file that was missing may appear: what was seen rests on these names, too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from layerdoctor.probe.hooks import files_used
from layerdoctor.user_code import Author


class _Listener:
    """A finder of modules that notes what is asked for and finds nothing."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, tuple[str, ...]]] = set()
        """The last part of the module's name, and the folders to look in."""

    def find_spec(
        self, name: str, path: Iterable[str] | None = None, _target: object = None
    ) -> None:
        """Note the name; the import system goes on to the next finder."""
        folders = sys.path if path is None else path
        self.asked.add((name.rpartition(".")[2], tuple(map(str, folders))))


_LISTENER = _Listener()


def listen() -> None:
    """Note every module that is looked for from here on."""
    if _LISTENER not in sys.meta_path:
        sys.meta_path.insert(0, _LISTENER)


def looked_for(author: Author) -> dict[str, Sequence[str]]:
    """Return the names of modules and of missing files, by the folders they were looked for in.

    Folders are relative to the working directory where they lie under it.
    """
    found: dict[str, set[str]] = {}
    for path in {*_modules(), *files_used.missing_files(author)}:
        if files_used.is_local(path, author):
            folder, name = os.path.split(author.relative(path))
            found.setdefault(folder, set()).add(name)
    return {folder: sorted(names) for folder, names in sorted(found.items())}


def _modules() -> Iterator[str]:
    """Yield where modules were looked for, and what would make each of these folders a package."""
    for name, folders in _LISTENER.asked:
        for folder in folders:
            path = os.path.abspath(os.path.join(folder, name))
            yield path
            yield os.path.join(path, "__init__")
