"""The layer classes of files and folders, each with the configured targets that examine it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from layerdoctor.config.discovery import discover, locate
from layerdoctor.config.settings import Settings
from layerdoctor.config.sources.known import KnownSources
from layerdoctor.config.sources.lookup import Discovered, SourceFiles, Unreadable
from layerdoctor.notebooks.pieces import whole
from layerdoctor.target import Target


@dataclass(frozen=True, slots=True)
class Listed:
    """One layer class and the configured targets that examine it."""

    layer: Discovered
    configured: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class ListedClasses:
    """What files and folders hold."""

    layers: list[Listed]
    unreadable: list[Unreadable]
    unused: Sequence[str]
    """The globs of ``exclude`` that exclude nothing."""


def listed(
    paths: Sequence[str], settings: Settings, configured: Sequence[Target] | None = None
) -> ListedClasses:
    """Return the layer classes in files and folders, sorted by file and line.

    Without paths, those under the folders of the application. The ``configured`` targets are made
    from the settings where they are not at hand.
    """
    folders = paths or settings.app_folders()
    found = discover(
        folders,
        exclude=settings.exclude,
        exclude_from=str(settings.folder),
        known=KnownSources(settings.cache_folder),
    )
    entries: dict[tuple[str, str], list[Target]] = {}
    sources = SourceFiles()
    if configured is None:
        configured = settings.configured() if found.layers else ()
    for target in configured:
        place = locate(target.target, target.app_dirs, sources)
        if place is not None:
            entries.setdefault(place, []).append(target)
    layers = [
        Listed(layer, tuple(entries.get((os.path.abspath(whole(layer.file)), layer.name), ())))
        for layer in found.layers
    ]
    return ListedClasses(layers, found.unreadable, found.unused)
