"""Where the author's classes of a saved model are, found by reading source."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from layerdoctor.archives import NoArchive, custom_objects
from layerdoctor.config.discovery import discover


def sources(file: str, folders: Sequence[str]) -> tuple[str, ...]:
    """Return ``path/to/file.py:Class`` for each class in the model that is found under the folders.

    None for a file that cannot be read: whoever loads the model says so.
    """
    with suppress(NoArchive):
        names = {each.name for each in custom_objects(file)}
        found = discover(folders).layers if names else []
        return tuple(f"{each.file}:{each.name}" for each in found if each.name in names)
    return ()
