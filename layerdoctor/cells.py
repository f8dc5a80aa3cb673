"""Source that is typed in pieces: each cell of a notebook or a session has a name, and no file.

Python keeps the text of such a piece in ``linecache``, under the name that its code has.
"""

from __future__ import annotations

import linecache
import os
import re

_PIECE = re.compile(r"<(?!frozen)[^>]*>|.*[\\/]ipykernel_\d+[\\/].+")


def family(filename: str) -> str | None:
    """Return what the names of all pieces of one session begin with; None for a file.

    ``<doctest layers[3]>``, ``<python-input-3>`` and ``/tmp/ipykernel_7/123.py`` are such names.
    """
    if _PIECE.fullmatch(filename) is None:
        return None
    if filename.startswith("<"):
        return re.split(r"\d+[\]>-]", filename, maxsplit=1)[0]
    return os.path.dirname(filename) + os.sep


def text(filename: str) -> str | None:
    """Return the text of a piece; None for a file, and where nobody has kept it."""
    return "".join(linecache.getlines(filename)) or None if family(filename) else None
