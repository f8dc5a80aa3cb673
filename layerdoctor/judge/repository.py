"""Where the repository lies, from whose root code hosts and scanners name files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VARIABLES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""What GitHub Actions and GitLab CI call the folder that they check a repository out into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The checkout that a run took place in; both folders are written with ``/``."""

    root: str
    """Absolute."""
    folder: str
    """The working directory of the run, from the root; empty where it is the root."""

    def path(self, file: str) -> str:
        """Return a file of a report from the root; absolute where it lies outside."""
        if os.path.isabs(file):
            inside = file.startswith(f"{self.root.rstrip('/')}/")
            return posixpath.relpath(file, self.root) if inside else file
        return posixpath.normpath(posixpath.join(self.folder, file))


def repository() -> Repository:
    """Return the one that the working directory lies in; that directory itself where none is."""
    here = Path.cwd().resolve()
    root = next((root for root in _roots(here) if here.is_relative_to(root)), here)
    folder = here.relative_to(root).as_posix()
    return Repository(root=root.as_posix(), folder="" if folder == "." else folder)


def _roots(here: Path) -> Iterator[Path]:
    yield from (Path(given).resolve() for name in VARIABLES if (given := os.environ.get(name)))
    yield from (folder for folder in (here, *here.parents) if (folder / ".git").exists())
