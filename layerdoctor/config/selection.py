"""From paths to targets: the layers found there, each with its configured entries."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from layerdoctor.config.discovery import Discovered, discover, locate
from layerdoctor.config.settings import Settings
from layerdoctor.target import BadInput, Target, nearest, parse_target


@dataclass(frozen=True, slots=True)
class Listed:
    """One layer class and the configured targets that examine it."""

    layer: Discovered
    configured: tuple[Target, ...]


def chosen(what: Sequence[str], settings: Settings, *, discovering: bool = False) -> list[Target]:
    """Return the targets that are asked for by name, as TARGET or as PATH.

    Without any, those that are configured, and what can be discovered where there are none or
    ``discovering``. Raises ``BadInput`` for a word that means nothing, and where nothing is found.
    """
    configured = {target.id: target for target in settings.configured()}
    found: dict[str, Target] = {} if what else dict(configured)
    if not what and (discovering or not configured):
        found |= {target.id: target for target in selected([], settings)}
    for word in what:
        if word in configured:
            found[word] = configured[word]
        elif ":" in word:
            parse_target(word)
            same = {name: t for name, t in configured.items() if t.target == word}
            found |= same or {word: settings.plain(word)}
        elif os.path.exists(word):
            found |= {target.id: target for target in selected([word], settings)}
        else:
            raise BadInput(
                f"`{word}` is no target in the config and no file or folder"
                f"{nearest(word, configured)}"
            )
    if not found:
        where = f"in {', '.join(f'`{word}`' for word in what)}" if what else "under the `app-dir`"
        raise BadInput(
            f"nothing to check: no layer class found {where}; name a TARGET such as "
            "`mypkg.layers:Attention`"
        )
    return list(found.values())


def listed(paths: Sequence[str], settings: Settings) -> list[Listed]:
    """Return the layer classes in files and folders, sorted by file and line.

    Without paths, those under the folders of the application.
    """
    folders = paths or settings.app_folders()
    found = discover(folders, exclude=settings.exclude, exclude_from=str(settings.folder))
    entries: dict[tuple[str, str], list[Target]] = {}
    for target in settings.configured() if found else ():
        place = locate(target.target, target.app_dirs)
        if place is not None:
            entries.setdefault(place, []).append(target)
    return [
        Listed(layer, tuple(entries.get((os.path.abspath(layer.file), layer.name), ())))
        for layer in found
    ]


def selected(paths: Sequence[str], settings: Settings) -> list[Target]:
    """Return the targets for the layers in files: as configured, else the bare classes."""
    roots = {os.path.abspath(folder) for folder in settings.app_folders()}
    targets: dict[str, Target] = {}
    for item in listed(paths, settings):
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
