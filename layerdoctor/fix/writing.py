"""Putting a change that was tried into the author's file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from layerdoctor import output
from layerdoctor.fix.search import Cure


def write(cure: Cure, *, allow_dirty: bool) -> str | None:
    """Write the changed file whole or not at all; return why it was left as it is, else None."""
    path = Path(cure.source.path)
    try:
        if path.read_bytes() != cure.source.data:
            return f"`{cure.source.file}` has changed since it was examined; run `fix` again"
        if not allow_dirty and (why := _uncommitted(path)):
            return f"`{cure.source.file}` {why}; commit it, or write with `--allow-dirty`"
        output.replace_file(cure.data, path.resolve())
    except OSError as error:
        return f"cannot write `{cure.source.file}`: {error.strerror}"
    return None


def _uncommitted(path: Path) -> str | None:
    """Return why a change of a file could not be taken back by version control."""
    real = path.resolve()
    asked = ["git", "-C", str(real.parent), "status", "--porcelain", "--ignored", "--", real.name]
    known = ["git", "-C", str(real.parent), "ls-files", "--error-unmatch", "--", real.name]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        if subprocess.run(known, capture_output=True, env=environment, check=False).returncode:
            return "is not under version control"
        changes = subprocess.run(asked, capture_output=True, env=environment, check=False)
    except OSError:
        return "is not under version control that could be asked"
    return "has changes that are not committed" if changes.stdout else None
