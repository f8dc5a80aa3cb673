"""Globs of paths, as configs write them."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable


class Globs:
    """Some globs of paths relative to a folder; ``**/`` may also stand for no folder."""

    def __init__(self, globs: Iterable[str], folder: str) -> None:
        self._patterns = [_pattern(glob) for glob in globs]
        self._folder = folder

    def match(self, path: str) -> bool:
        """Say whether one of them means the path, be it a file or a folder."""
        if not self._patterns:
            return False
        relative = os.path.relpath(path, self._folder).replace(os.sep, "/")
        return any(each.match(relative) or each.match(f"{relative}/") for each in self._patterns)


def _pattern(glob: str) -> re.Pattern[str]:
    translated = fnmatch.translate(glob.rstrip("/").replace("**/", "\0"))
    return re.compile(translated.replace("\0", "(?:.*/)?").replace(re.escape("\0"), "(?:.*/)?"))
