"""Putting a change that was tried into the author's file."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from layerdoctor import output
from layerdoctor.fix.search import Cure
from layerdoctor.fix.source import read

WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def refusal(cure: Cure, *, allow_dirty: bool) -> str | None:
    """Return why the file is to be left as it is; None where it may be written."""
    path = Path(cure.source.path)
    if (why := _changed_meanwhile(cure)) is not None:
        return why
    try:
        is_writable = path.stat().st_mode & WRITABLE
    except OSError as error:
        return _cannot(cure, error)
    if not is_writable:
        return f"`{cure.source.file}` is read-only; make it writable to have it changed"
    if not allow_dirty and (why := _uncommitted(path)):
        return f"`{cure.source.file}` {why}; commit it, or write with `--allow-dirty`"
    return None


def write(cure: Cure) -> str | None:
    """Write the changed file whole or not at all; return why it was left as it is, else None."""
    if (why := _changed_meanwhile(cure)) is not None:
        return why
    try:
        output.replace_file(cure.source.contents(cure.data), Path(cure.source.path).resolve())
    except OSError as error:
        return _cannot(cure, error)
    return None


def _changed_meanwhile(cure: Cure) -> str | None:
    now = read(cure.source.file)
    if isinstance(now, str) or now.data != cure.source.data:
        return f"`{cure.source.file}` has changed since it was examined; run `fix` again"
    return None


def _cannot(cure: Cure, error: OSError) -> str:
    return f"cannot write `{cure.source.file}`: {error.strerror}"


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
