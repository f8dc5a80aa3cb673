"""The folder for temporary files of this process and the ones that it starts, however it ends."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
from multiprocessing import current_process
from pathlib import Path

AFTER_DEATH = 'read -r _; rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }'
"""Waits for the end of a pipe, that is of this process, and removes what is still there."""


@functools.cache
def temporary_folder() -> Path:
    """Return the folder, which is this process's own and is removed with it.

    Its removal is seen to before it is made. What starts processes puts its socket there too, the
    path of which must be short.
    """
    folder = os.path.join(tempfile.gettempdir(), f"ld-{os.urandom(5).hex()}")
    if hasattr(os, "posix_spawn"):
        with contextlib.suppress(OSError, NotImplementedError):
            _remove_after_death(folder)
    os.mkdir(folder, 0o700)
    atexit.register(_remove, folder, os.getpid())
    vars(current_process())["_config"]["tempdir"] = folder
    return Path(folder)


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_after_death(folder: str) -> None:
    """Have a folder removed when this process is gone, by a shell with a session of its own.

    The writing end of the pipe is never closed: the system does that.
    """
    waiting, _ = os.pipe()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", AFTER_DEATH, "sh", folder],
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
