"""Which processes a run has left behind."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

NAME = "LAYERDOCTOR_TEST_RUN"
PATIENCE = 10.0
"""Seconds after which nothing of a run may be left, be the machine ever so busy."""


def marked_environment() -> tuple[dict[str, str], str]:
    """Return an environment with a mark that every process of a run inherits, and the mark."""
    mark = uuid.uuid4().hex
    return {**os.environ, NAME: mark}, f"{NAME}={mark}"


def marked(mark: str) -> list[int]:
    """Return the processes that bear the mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def left_behind(mark: str) -> list[str]:
    """Return what still runs then, by its command line."""
    end = time.monotonic() + PATIENCE
    while (left := marked(mark)) and time.monotonic() < end:
        os.sched_yield()
    return [
        Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
        for process in left
        if Path(f"/proc/{process}").exists()
    ]
