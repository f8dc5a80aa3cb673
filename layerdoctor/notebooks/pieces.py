"""Source that is typed in pieces: each cell of a notebook or a session has a name, and no file.

Python keeps the text of what is typed into a session in ``linecache``, under the name that its code
has; that of a notebook's cell is in the notebook.
"""

from __future__ import annotations

import linecache
import os
import re
from collections.abc import Mapping

from layerdoctor.notebooks.reading import NoNotebook, cell_name, cell_of, read_cells

_KNOWN_AS: dict[str, str] = {}
"""What people know a piece by, by its name."""

_PIECE = re.compile(r"<(?!frozen)[^>]*>|.*[\\/]ipykernel_\d+[\\/].+")


def family(filename: str) -> str | None:
    """Return what the names of all pieces of one session begin with; None for a file.

    ``<doctest layers[3]>``, ``<python-input-3>``, ``/tmp/ipykernel_7/123.py`` and
    ``notebook.ipynb:cell 3`` are such names.
    """
    if (cell := cell_of(filename)) is not None:
        return f"{os.path.abspath(cell[0])}:cell "
    if _PIECE.fullmatch(filename) is None:
        return None
    if filename.startswith("<"):
        return re.split(r"\d+[\]>-]", filename, maxsplit=1)[0]
    return os.path.dirname(filename) + os.sep


def know_as(names: Mapping[str, str]) -> None:
    """Let pieces go by the names that their session shows: ``In[3]``."""
    _KNOWN_AS.update(names)


def known_as(filename: str) -> str | None:
    """Return the name that a session shows a piece by; None for any other file."""
    return _KNOWN_AS.get(filename)


def _own_name(shown: str) -> str:
    """Return a piece's own name by the one that is shown; the last of several."""
    return next((own for own, name in reversed(_KNOWN_AS.items()) if name == shown), shown)


def whole(filename: str) -> str:
    """Return the notebook of a cell, and any other file as it is."""
    cell = cell_of(filename)
    return cell[0] if cell is not None else filename


def text(filename: str) -> str | None:
    """Return the text of a piece; None for a file, and where nobody has kept it."""
    if (cell := cell_of(filename)) is not None:
        try:
            cells = {each.name: each.code for each in read_cells(cell[0])}
        except NoNotebook:
            return None
        return cells.get(cell_name(*cell))
    own = _own_name(filename)
    return "".join(linecache.getlines(own)) or None if family(own) else None
