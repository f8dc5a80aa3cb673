"""A change of a file, as a unified diff."""

from __future__ import annotations

import difflib
import tokenize
from io import BytesIO, StringIO

CONTEXT = 3


def diff(file: str, before: bytes, after: bytes) -> str:
    """Return the unified diff of two versions of a source file; nothing where they are equal."""
    one, other = (lines(_decoded(data)) for data in (before, after))
    found = difflib.unified_diff(one, other, file, file, n=CONTEXT)
    text = ""
    for line in found:
        text += line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
    return text


def lines(text: str) -> list[str]:
    """Return the lines with their ends, as Python and git count them: a form feed ends none."""
    return [*StringIO(text, newline="")]


def _decoded(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
    return data.decode(encoding, "replace")
