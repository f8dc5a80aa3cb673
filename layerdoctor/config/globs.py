"""Globs of paths, as ``.gitignore`` writes them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Globs:
    """Some globs of paths relative to a folder, with the meaning that ``.gitignore`` gives them.

    One without a slash means a name at any depth, one that ends with a slash folders alone, one
    after ``!`` takes back what others before it mean.
    """

    def __init__(self, globs: Iterable[str], folder: str) -> None:
        self._globs = tuple(glob for glob in globs if glob.strip())
        self._folder = folder
        self._used: set[int] = set()

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        # late, since most projects exclude nothing
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(self._globs)

    def match(self, path: str, *, is_folder: bool = False) -> bool:
        """Say whether they mean the path."""
        if not self._globs:
            return False
        relative = os.path.relpath(path, self._folder).replace(os.sep, "/")
        found = self._spec.check_file(f"{relative}/" if is_folder else relative)
        if found.index is not None:
            self._used.add(found.index)
        return bool(found.include)

    def unused(self) -> Sequence[str]:
        """Return the globs that have decided about no path so far."""
        lines = enumerate(self._globs)
        return [
            glob
            for number, glob in lines
            if number not in self._used and self._spec.patterns[number].include is not None
        ]
