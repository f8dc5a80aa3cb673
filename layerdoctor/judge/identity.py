"""Which layer it is, however its target is written and wherever the project lies."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from layerdoctor.facts import LayerFacts
from layerdoctor.judge.repository import repository
from layerdoctor.user_code import INSTALLED


def identity(facts: LayerFacts, root: str) -> str:
    """Return ``package.module.Class``, or ``folder/module.Class`` of a module in no package.

    Two folders that are no packages may each have a class of one name; ``root`` is the folder that
    they are named from, and is not named itself. What is installed, or lies outside the repository,
    goes by its name alone: elsewhere it lies elsewhere.
    """
    name = facts.class_name or facts.target
    if facts.file is None or any(folder in os.path.abspath(facts.file) for folder in INSTALLED):
        return name
    path = Path(facts.file).absolute()
    module = _module(path)
    inside = _inside(name, path)
    if inside is None:
        return name
    own = f"{module}.{inside}"
    if "." in module or path.stem == "__init__":
        return own
    folder = PurePath(os.path.relpath(path.parent, root)).as_posix()
    outside = folder.startswith(os.pardir) and not path.is_relative_to(repository().root)
    return own if folder == "." or outside else f"{folder}/{own}"


def _module(path: Path) -> str:
    """Return the module's name as regular packages make it."""
    folder, parts = path.parent, [] if path.stem == "__init__" else [path.stem]
    while (folder / "__init__.py").exists():
        folder, parts = folder.parent, [folder.name, *parts]
    return ".".join(parts)


def _inside(name: str, path: Path) -> str | None:
    """Return the class's name in its module, whatever the module was imported as.

    None where the class says that it is another module's.
    """
    parts = path.with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    for first in range(1, len(parts)):
        module = ".".join(parts[first:])
        if name.startswith(f"{module}."):
            return name.removeprefix(f"{module}.")
    return None
