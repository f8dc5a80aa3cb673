"""From what is asked for to targets: names, targets, paths, and what is configured for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerdoctor.config.discovery import module_file
from layerdoctor.config.listing import Listed, listed
from layerdoctor.config.settings import Settings
from layerdoctor.config.sources.lookup import Discovered, Unreadable
from layerdoctor.notebooks.pieces import whole
from layerdoctor.notebooks.reading import ENDING
from layerdoctor.target import BadInput, Target, is_saved_model, nearest, parse_target

if TYPE_CHECKING:
    from layerdoctor.facts import LayerFacts


@dataclass(slots=True)
class Selection:
    """What a run examines, and what it cannot or does not."""

    targets: dict[str, Target] = field(default_factory=dict)
    """By their ids."""
    unreadable: dict[str, Unreadable] = field(default_factory=dict)
    """By their files."""
    others: list[Discovered] = field(default_factory=list)
    """The layer classes that no configured target names."""
    by_name: bool = True
    """Whether that is known before anything is examined: no target is an instance or a factory."""
    unused: Sequence[str] = ()
    """The globs of ``exclude`` that exclude nothing, where that is known."""
    whole: bool = False
    """Whether it is all that the project has."""

    def add(self, targets: Iterable[Target], unreadable: Iterable[Unreadable] = ()) -> None:
        """Add what is not there yet."""
        self.targets |= {target.id: target for target in targets}
        self.unreadable |= {item.file: item for item in unreadable}

    def refused(self) -> list[LayerFacts]:
        """Return the files that cannot be parsed as what could not be examined."""
        return [item.facts() for item in self.unreadable.values()]


def chosen(what: Sequence[str], settings: Settings, *, discovering: bool = False) -> Selection:
    """Return what is asked for by name, as TARGET or as PATH.

    Without any, what is configured, and what can be discovered where nothing is configured or
    ``discovering``. Raises ``BadInput`` for a word that means nothing, and where nothing is found.
    """
    configured = {target.id: target for target in settings.configured()}
    every = tuple(configured.values())
    selection = Selection() if what else _whole(settings, every, discovering=discovering)
    for word in what:
        if word in configured:
            selection.add([configured[word]])
        elif ":" in word or is_saved_model(word):
            parse_target(word)
            same = [target for target in configured.values() if target.target == word]
            selection.add(same or [settings.plain(word)])
        elif os.path.exists(word):
            listing = listed([word], settings, every)
            selection.add(_targets(listing.layers, settings), listing.unreadable)
        else:
            from layerdoctor.config.which_layer import meant

            near = nearest(word, configured) or meant(word, settings)
            raise BadInput(f"`{word}` is no target in the config and no file or folder{near}")
    if not selection.targets and not selection.unreadable:
        where = f"in {', '.join(f'`{word}`' for word in what)}" if what else "under the `app-dir`"
        raise BadInput(
            f"nothing to check: no layer class found {where}; name a TARGET such as "
            "`mypkg.layers:Attention`"
        )
    return selection


def _whole(settings: Settings, configured: Sequence[Target], *, discovering: bool) -> Selection:
    listing = listed(settings.project_folders() if configured else [], settings, configured)
    selection = Selection(unused=listing.unused, whole=True)
    selection.add(configured, _unnamed(listing.unreadable, configured))
    if discovering or not configured:
        selection.add(_targets(listing.layers, settings))
    else:
        selection.others = [item.layer for item in listing.layers if not item.configured]
        named = {target.id for item in listing.layers for target in item.configured}
        selection.by_name = named.issuperset(selection.targets)
    return selection


def changed(
    files: Sequence[str], settings: Settings, rests_on: Callable[[Target, Sequence[str]], bool]
) -> Selection:
    """Return the targets that rest on the files, and the layers that discovery finds in them.

    ``rests_on`` is asked about what is configured, or about all that can be discovered where
    nothing is.
    """
    configured = settings.configured()
    listing = listed(settings.project_folders() if configured else [], settings, configured)
    named = {*map(os.path.abspath, files)}
    inside = [item for item in listing.layers if os.path.abspath(whole(item.layer.file)) in named]
    selection = Selection()
    every = configured or _targets(listing.layers, settings)
    selection.add(target for target in every if rests_on(target, files))
    unreadable = (item for item in listing.unreadable if os.path.abspath(whole(item.file)) in named)
    selection.add(_targets(inside, settings), _unnamed(unreadable, selection.targets.values()))
    return selection


def _unnamed(unreadable: Iterable[Unreadable], targets: Collection[Target]) -> list[Unreadable]:
    """Return the files that are not a target's own, which is told of as one that fails."""
    own = {module_file(target.target, target.app_dirs) for target in targets}
    return [item for item in unreadable if os.path.abspath(whole(item.file)) not in own]


def _targets(items: Iterable[Listed], settings: Settings) -> list[Target]:
    """Return the targets for layer classes: as configured, else the bare classes."""
    roots = {os.path.abspath(folder) for folder in settings.app_folders()}
    targets: dict[str, Target] = {}
    for item in items:
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
    is_pythons = layer.module.partition(".")[0] in sys.stdlib_module_names
    is_named = (importable and not is_pythons) or layer.module.endswith(ENDING)
    spec = layer.spec if is_named else f"{layer.file}:{layer.name}"
    return settings.plain(spec, id=layer.spec, discovered=True)
