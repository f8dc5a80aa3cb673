"""The folder for temporary files of this process and the ones that it starts, however it ends."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
from multiprocessing.util import get_temp_dir
from pathlib import Path

AFTER_DEATH = 'read -r _; rm -rf -- "$@" || { sleep 1; rm -rf -- "$@"; }'
"""Waits for the end of a pipe, that is of this process, and removes what is still there."""


@functools.cache
def scratch() -> Path:
    """Return the folder, which is this process's own and is removed with it."""
    folder = tempfile.mkdtemp(prefix="layerdoctor-")
    atexit.register(_remove, folder, os.getpid())
    if hasattr(os, "posix_spawn"):
        with contextlib.suppress(OSError, NotImplementedError):
            _remove_after_death(folder, get_temp_dir())
    return Path(folder)


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_after_death(*folders: str) -> None:
    """Have folders removed when this process is gone, by a shell with a session of its own.

    The writing end of the pipe is never closed: the system does that.
    """
    waiting, _ = os.pipe()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", AFTER_DEATH, "sh", *folders],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_DUP2, waiting, 0),
            (os.POSIX_SPAWN_DUP2, nothing, 1),
            (os.POSIX_SPAWN_DUP2, nothing, 2),
        ],
        setsid=True,
    )
    os.close(waiting)
    os.close(nothing)
