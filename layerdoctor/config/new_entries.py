"""Config entries for what was discovered and guessed, added to what a config already says."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from layerdoctor.config.settings import NAMES, SOURCES, ConfigError, Settings
from layerdoctor.facts import LayerFacts
from layerdoctor.notebooks.reading import ENDING
from layerdoctor.target import FILES, Target, Value
from layerdoctor.target_text import entry_name, literal, table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def config_file(settings: Settings, folder: Path) -> Path:
    """Return the config in use, else the ``pyproject.toml`` of the folder, else a new file."""
    project = folder / "pyproject.toml"
    return settings.file or (project if project.is_file() else folder / NAMES[0])


@dataclass(frozen=True, slots=True)
class NewEntries:
    """What a config is to say more than it does."""

    tables: list[str]
    """A table for each discovered target that was examined, as the file writes them."""
    left_out: list[str]
    """Those of the skipped ones, as comments that say why."""
    app_dir: str | None
    """The folder of a src layout; None where modules are beside the config."""


def entries(
    targets: Sequence[Target], facts: Iterable[LayerFacts], settings: Settings, file: Path
) -> NewEntries:
    """Return the entries for discovered targets that the file does not have yet.

    Raises ``ConfigError`` where the config cannot be read.
    """
    prefix = "tool.layerdoctor." if file.name == "pyproject.toml" else ""
    discovered = {target.id: target for target in targets if target.discovered}
    app_dir = _sources(discovered.values(), settings, file.parent)
    names, text = set(settings.targets), _text(file)
    tables, left_out = [], []
    for seen in facts:
        if seen.id not in discovered or seen.status == "error":
            continue
        target = _as_examined(discovered[seen.id], seen, file.parent, app_dir)
        name = next(name for name in _free(entry_name(target)) if name not in names)
        names.add(name)
        if seen.status == "examined":
            tables.append(table(target, name, prefix))
        elif f"# target = {literal(target.target)}" not in text:
            why = seen.error.message if seen.error else "it could not be called"
            lines = [f"skipped: {why}", *table(target, name, prefix).splitlines()]
            left_out.append("\n".join(f"# {line}" for line in lines))
    return NewEntries(tables, left_out, app_dir)


def extended(file: Path, new: NewEntries) -> str:
    """Return the text of a config with the entries at its end, all else as it is.

    Raises ``ConfigError`` where the config cannot be read or leaves no place for them.
    """
    text = _text(file)
    end = "\r\n" if "\r\n" in text else "\n"
    before = text.rstrip() + end * 2 if text.strip() else ""
    added = "\n\n".join([*new.tables, *new.left_out]).replace("\n", end) + end
    if new.app_dir:
        before = _with_key(before, f"app-dir = {literal(new.app_dir)}", file, end)
    try:
        tomllib.loads(before + added)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file}: no [targets.NAME] tables can be added to it: {error}; "
            "write the targets that it has as tables of their own"
        ) from None
    return before + added


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode() if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the config {file}: {error}") from None


def _with_key(text: str, line: str, file: Path, end: str) -> str:
    """Return the text of a config with one more key in front of all tables."""
    if file.name != "pyproject.toml":
        return f"{line}{end * 2}{text}"
    header = re.search(r"^\[tool\.layerdoctor\][^\n]*\n", text, re.MULTILINE)
    if header is None:
        return f"{text}[tool.layerdoctor]{end}{line}{end * 2}"
    return f"{text[: header.end()]}{line}{end}{text[header.end() :]}"


def _sources(targets: Iterable[Target], settings: Settings, folder: Path) -> str | None:
    """Return the folder that all modules are under, where it is a src layout and nowhere said."""
    if settings.app_dir is not None or settings.targets:
        return None
    modules = [target for target in targets if not target.id.partition(":")[0].endswith(FILES)]
    roots = {os.path.relpath(_root(target), folder) for target in modules}
    return roots.pop() if len(roots) == 1 and roots <= {*SOURCES} else None


def _root(target: Target) -> str:
    """Return the folder that a discovered target's module is found from."""
    place, module = target.target.rpartition(":")[0], target.id.partition(":")[0]
    own = os.path.join(*module.split("."))
    base = place.removesuffix(".py").removesuffix("__init__").rstrip("/")
    return base.removesuffix(own) or "." if place.endswith(".py") else "."


def _as_examined(target: Target, facts: LayerFacts, folder: Path, app_dir: str | None) -> Target:
    """Return the target with the arguments and inputs it was examined with."""
    place, _, name = target.target.rpartition(":")
    if app_dir and not place.endswith(ENDING):
        place = target.id.partition(":")[0]
    elif place.endswith(FILES):
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
