"""Files that are kept for later runs, in a folder that git does not look at."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

IGNORE = ".gitignore"


def write(folder: Path, path: Path, data: bytes) -> None:
    """Write a file, whole or not at all, somewhere under the folder; raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ignore = folder / IGNORE
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    handle, name = tempfile.mkstemp(dir=path.parent)
    with open(handle, "wb") as file:
        file.write(data)
    os.replace(name, path)
