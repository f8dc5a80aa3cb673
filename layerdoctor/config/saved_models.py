"""Where the author's classes of a saved model are, found by reading source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from layerdoctor.archives import NoArchive, custom_objects
from layerdoctor.config.discovery import discover, files_in
from layerdoctor.config.sources.statements import text_of


def sources(file: str, folders: Sequence[str]) -> tuple[str, ...]:
    """Return ``path/to/file.py:Class`` for what is in the model and is found under the folders.

    None for a file that cannot be read: whoever loads the model says so.
    """
    with suppress(NoArchive):
        names = {each.name for each in custom_objects(file)}
        layers = discover(folders).layers if names else []
        found = [(each.file, each.name) for each in layers if each.name in names]
        found += _definitions(folders, names - {name for _, name in found})
        return tuple(f"{place}:{name}" for place, name in found)
    return ()


def _definitions(folders: Sequence[str], names: set[str]) -> Iterator[tuple[str, str]]:
    """Yield where functions, and classes that are no layers, are defined."""
    for file in files_in(folders) if names else ():
        defined = re.findall(rb"^(?:def|class)[ \t]+(\w+)", text_of(file), re.MULTILINE)
        yield from ((file, name.decode()) for name in defined if name.decode() in names)
