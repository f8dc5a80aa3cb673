"""Config entries for what was discovered and guessed, added to what a config already says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from layerdoctor.config.settings import NAMES, ConfigError, Settings
from layerdoctor.facts import LayerFacts
from layerdoctor.target import Target, Value
from layerdoctor.target_text import entry_name, table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def config_file(settings: Settings, folder: Path) -> Path:
    """Return the config in use, else the ``pyproject.toml`` of the folder, else a new file."""
    project = folder / "pyproject.toml"
    return settings.file or (project if project.is_file() else folder / NAMES[0])


def entries(
    targets: Sequence[Target], facts: Iterable[LayerFacts], settings: Settings, file: Path
) -> list[str]:
    """Return a table for each discovered target that was examined, as the file writes them."""
    prefix = "tool.layerdoctor." if file.name == "pyproject.toml" else ""
    discovered = {target.id: target for target in targets if target.discovered}
    names = set(settings.targets)
    tables = []
    for seen in facts:
        if seen.id not in discovered or seen.status != "examined":
            continue
        target = _as_examined(discovered[seen.id], seen, file.parent)
        name = next(name for name in _free(entry_name(target)) if name not in names)
        names.add(name)
        tables.append(table(target, name, prefix))
    return tables


def extended(file: Path, tables: Sequence[str]) -> str:
    """Return the text of a config with the tables at its end, all else as it is.

    Raises ``ConfigError`` where the config cannot be read or leaves no place for them.
    """
    try:
        text = file.read_bytes().decode() if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the config {file}: {error}") from None
    end = "\r\n" if "\r\n" in text else "\n"
    before = text.rstrip() + end * 2 if text.strip() else ""
    added = "\n\n".join(tables).replace("\n", end) + end
    try:
        tomllib.loads(before + added)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file}: no [targets.NAME] tables can be added to it: {error}; "
            "write the targets that it has as tables of their own"
        ) from None
    return before + added


def _as_examined(target: Target, facts: LayerFacts, folder: Path) -> Target:
    """Return the target with the arguments and inputs it was examined with."""
    place, _, name = target.target.rpartition(":")
    if place.endswith(".py"):
        place = os.path.relpath(place, folder).replace(os.sep, "/")
    args: dict[str, Value] = dict(facts.args)
    call: dict[str, Value] = dict(facts.call_args)
    return replace(
        target,
        target=f"{place}:{name}",
        args=args,
        inputs=facts.inputs,
        inputs_as=facts.inputs_as,
        call=call,
    )


def _free(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
