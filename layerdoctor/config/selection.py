"""From paths to targets: the layers found there, each with its configured entries."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from layerdoctor.config.discovery import Discovered, discover, locate
from layerdoctor.config.settings import Settings
from layerdoctor.target import Target


@dataclass(frozen=True, slots=True)
class Listed:
    """One layer class and the configured targets that examine it."""

    layer: Discovered
    configured: tuple[Target, ...]


def listed(
    paths: Sequence[str], settings: Settings, app_dirs: Sequence[str] | None = None
) -> list[Listed]:
    """Return the layer classes in files and folders, sorted by file and line.

    Without paths, those under the folders of the application.
    """
    folders = _folders(settings, app_dirs)
    found = discover(paths or folders, exclude=settings.exclude, exclude_from=str(settings.folder))
    entries: dict[tuple[str, str], list[Target]] = {}
    for target in settings.configured() if found else ():
        place = locate(target.target, app_dirs or target.app_dirs)
        if place is not None:
            entries.setdefault(place, []).append(target)
    return [
        Listed(layer, tuple(entries.get((os.path.abspath(layer.file), layer.name), ())))
        for layer in found
    ]


def selected(
    paths: Sequence[str], settings: Settings, app_dirs: Sequence[str] | None = None
) -> list[Target]:
    """Return the targets for the layers in files: as configured, else the bare classes."""
    roots = {os.path.abspath(folder) for folder in _folders(settings, app_dirs)}
    targets: dict[str, Target] = {}
    for item in listed(paths, settings, app_dirs):
        if item.configured:
            targets |= {target.id: target for target in item.configured}
            continue
        target = _bare(item.layer, settings, importable=item.layer.root in roots)
        if target.id in targets:
            target = replace(target, id=target.target)
        targets[target.id] = target
    return list(targets.values())


def _bare(layer: Discovered, settings: Settings, *, importable: bool) -> Target:
    """Return the target for a class of which nothing is said."""
    spec = layer.spec if importable else f"{layer.file}:{layer.name}"
    return settings.plain(spec, id=layer.spec, discovered=True)


def _folders(settings: Settings, app_dirs: Sequence[str] | None) -> Sequence[str]:
    return list(app_dirs or settings.plain("").app_dirs)
