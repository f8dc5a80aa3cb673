"""Where in a config a target stands."""

from __future__ import annotations

import os
import re
from pathlib import Path

from layerdoctor.facts import Location


def place_of(name: str, file: Path) -> Location | None:
    """Return the line of ``[targets.NAME]``; None where the table is not written with a header."""
    key = rf"""(?:{re.escape(name)}|"{re.escape(name)}"|'{re.escape(name)}')"""
    header = re.compile(rf"\s*\[\s*(?:tool\.layerdoctor\.)?targets\.{key}\s*\]\s*(?:#.*)?")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    path = os.path.relpath(file)
    shown = os.path.abspath(file) if path.startswith(os.pardir) else path
    for number, line in enumerate(lines, start=1):
        if header.fullmatch(line):
            return Location(file=shown.replace(os.sep, "/"), line=number)
    return None
