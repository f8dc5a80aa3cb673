"""A copy of folders in which some files are others: links to everything else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import msgspec

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.target import FILES, Target

UNLINKED = ("__pycache__",)
"""What Python would write to through a link."""


class Mirror:
    """Folders of modules with files changed; targets are examined in them as in the originals."""

    def __init__(self, folder: Path, files: Mapping[str, bytes], app_dirs: Sequence[str]) -> None:
        """Fill an empty ``folder`` with the ``files``, whose paths are absolute."""
        self._folders: dict[str, str] = {}
        """The mirror of each folder of modules."""
        self._package_roots = []
        changed: dict[str, dict[PurePath, bytes]] = {}
        for path, data in files.items():
            file = os.path.realpath(path)
            package_root = _package_root(file)
            roots = (os.path.realpath(each) for each in app_dirs)
            around = [root for root in roots if Path(file).is_relative_to(root)]
            root = min([*around, package_root], key=len)
            self._package_roots.append(package_root)
            changed.setdefault(root, {})[PurePath(file).relative_to(root)] = data
        for number, (root, inside) in enumerate(changed.items()):
            self._folders[root] = os.path.realpath(folder / str(number))
            _fill(Path(root), Path(self._folders[root]), inside)

    def _inside(self, path: str) -> str:
        """Return a path's twin in the mirror; a path that lies elsewhere stays as it is."""
        real = Path(os.path.realpath(path))
        for root, folder in self._folders.items():
            if real.is_relative_to(root):
                return str(Path(folder, real.relative_to(root)))
        return path

    def target(self, target: Target) -> Target:
        """Return the target as it is examined in the mirror."""
        folders = [*target.app_dirs, *self._package_roots]
        place, _, attribute = target.target.rpartition(":")
        spec = f"{self._inside(place)}:{attribute}" if place.endswith(FILES) else target.target
        inside = dict.fromkeys(map(self._inside, folders))
        return replace(target, target=spec, app_dirs=tuple(inside))

    def original(self, text: str) -> str:
        """Return words in which the mirror's files are the original ones."""
        for root, folder in self._folders.items():
            text = text.replace(folder, root)
        return text.replace(os.path.join(os.getcwd(), ""), "")

    def original_of(self, diagnosis: Diagnosis) -> Diagnosis:
        """Return a diagnosis in which the mirror's files are the original ones."""
        plain = self._originals(msgspec.to_builtins(diagnosis))
        return msgspec.convert(plain, Diagnosis)

    def _originals(self, value: Any) -> Any:
        if isinstance(value, str):
            here = any(folder in value for folder in self._folders.values())
            return self.original(value) if here else value
        if isinstance(value, dict):
            return {key: self._originals(item) for key, item in value.items()}
        several = isinstance(value, (list, tuple))
        return [self._originals(item) for item in value] if several else value


def _fill(original: Path, copy: Path, changed: Mapping[PurePath, bytes]) -> None:
    """Make the folders that lead to the changed files, and link or copy what lies beside them.

    A module beside one is copied: by a link Python would find its way back to the original.
    """
    copy.mkdir()
    own = {path.parts[0] for path in changed}
    for entry in os.scandir(original):
        if entry.name in own or entry.name in UNLINKED:
            continue
        if entry.name.endswith(".py") and entry.is_file():
            shutil.copy2(entry.path, copy / entry.name)
        else:
            os.symlink(entry.path, copy / entry.name)
    for name in own:
        inside = {
            PurePath(*path.parts[1:]): data
            for path, data in changed.items()
            if path.parts[0] == name
        }
        if (data := inside.get(PurePath())) is not None:
            (copy / name).write_bytes(data)
        else:
            _fill(original / name, copy / name, inside)


def _package_root(file: str) -> str:
    """Return the folder that a file's top-level package lies in, or the file itself."""
    folder = os.path.dirname(file)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder
