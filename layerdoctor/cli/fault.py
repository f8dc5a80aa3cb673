"""A fault of layerdoctor's own, written down with all that one needs to report it."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import fields

from layerdoctor.environment import environment
from layerdoctor.version import VERSION

CONCERNED = ("KERAS_BACKEND", "KERAS_HOME", "TF_USE_LEGACY_KERAS", "LAYERDOCTOR_START")
"""The variables of the environment that are worth knowing."""


def written_down(trace: str, target: str | None = None) -> str:
    """Return the words that tell of a fault, and where it is written down in full.

    ``trace`` is the traceback, ``target`` the id of the one target that it befell.
    """
    on = f" on `{target}`" if target else ""
    words = f"layerdoctor itself failed{on}: this is a bug of layerdoctor, not of your layer"
    try:
        handle, name = tempfile.mkstemp(prefix="layerdoctor-fault-", suffix=".txt")
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(_account(trace, target))
    except OSError:
        return f"{words}\n{trace.rstrip()}"
    return f"{words}\nwhat is needed to report it is in {name}"


def _account(trace: str, target: str | None) -> str:
    seen = environment("cpu", 0)
    lines = [f"layerdoctor: {VERSION}", f"command: {sys.argv!r}", f"target: {target}"]
    lines += [f"{each.name}: {getattr(seen, each.name)}" for each in fields(seen)]
    lines += [f"{name}: {os.environ[name]}" for name in CONCERNED if name in os.environ]
    return "\n".join([*lines, "", trace, ""])
