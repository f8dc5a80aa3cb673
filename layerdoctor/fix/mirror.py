"""A copy of a folder in which one file is another: links to everything else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.target import Target

UNLINKED = ("__pycache__",)
"""What Python would write to through a link."""


class Mirror:
    """A folder of modules with one file changed; targets are examined in it as in the original."""

    def __init__(self, folder: Path, file: str, data: bytes, app_dirs: Sequence[str]) -> None:
        """Fill an empty ``folder``; ``file`` is absolute."""
        self._folder = os.path.realpath(folder)
        self._file = os.path.realpath(file)
        self._package_root = _package_root(self._file)
        roots = [os.path.realpath(each) for each in app_dirs]
        around = [root for root in roots if Path(self._file).is_relative_to(root)]
        self._root = min([*around, self._package_root], key=len)
        self._fill(data)

    def _fill(self, data: bytes) -> None:
        """Make the folders that lead to the file, and link or copy what lies beside them.

        A module beside it is copied: by a link Python would find its way back to the original.
        """
        parts = Path(self._file).relative_to(self._root).parts
        original, copy = Path(self._root), Path(self._folder)
        for part in parts:
            copy.mkdir(exist_ok=True)
            for entry in os.scandir(original):
                if entry.name == part or entry.name in UNLINKED:
                    continue
                if entry.name.endswith(".py") and entry.is_file():
                    shutil.copy2(entry.path, copy / entry.name)
                else:
                    os.symlink(entry.path, copy / entry.name)
            original, copy = original / part, copy / part
        copy.write_bytes(data)

    def _inside(self, path: str) -> str:
        """Return a path's twin in the mirror; a path that lies elsewhere stays as it is."""
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._root):
            return path
        return str(Path(self._folder, real.relative_to(self._root)))

    def target(self, target: Target) -> Target:
        """Return the target as it is examined in the mirror."""
        folders = list(dict.fromkeys(map(self._inside, target.app_dirs)))
        own = self._inside(self._package_root)
        place, _, attribute = target.target.rpartition(":")
        spec = f"{self._inside(place)}:{attribute}" if place.endswith(".py") else target.target
        return replace(
            target, target=spec, app_dirs=tuple(folders if own in folders else [*folders, own])
        )

    def original(self, text: str) -> str:
        """Return words in which the mirror's files are the original ones."""
        here = os.path.join(os.getcwd(), "")
        return text.replace(self._folder, self._root).replace(here, "")

    def original_of(self, diagnosis: Diagnosis) -> Diagnosis:
        """Return a diagnosis in which the mirror's files are the original ones."""
        plain = self._originals(msgspec.to_builtins(diagnosis))
        return msgspec.convert(plain, Diagnosis)

    def _originals(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.original(value) if self._folder in value else value
        if isinstance(value, dict):
            return {key: self._originals(item) for key, item in value.items()}
        return [self._originals(item) for item in value] if isinstance(value, list) else value


def _package_root(file: str) -> str:
    """Return the folder that a file's top-level package lies in, or the file itself."""
    folder = os.path.dirname(file)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder
