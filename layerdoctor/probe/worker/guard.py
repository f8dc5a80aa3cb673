"""The parent of a worker: nothing that the worker starts outlives it, or whoever wanted it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from layerdoctor.protocol import ASK

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def end_with(starter: int) -> None:
    """End this process when the process that started it ends, where the system can do that."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != starter:
            os._exit(0)


def under_guard() -> None:
    """Return in a child of this process, which stays behind as the guard.

    The guard adopts whatever the child leaves behind, daemons too. When the child has ended, when
    the guard is sent SIGTERM, or when the process that started it is gone, it kills all of them and
    ends as the child did. Where the system cannot do that, return as the leader of a process group.
    """
    if sys.platform != "linux":
        if hasattr(os, "setpgid"):
            os.setpgid(0, 0)
        return
    starter = os.getppid()
    os.setpgid(0, 0)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    waited = {signal.SIGCHLD, signal.SIGTERM, *((ASK,) if ASK is not None else ())}
    for number in waited:
        signal.signal(number, signal.SIG_DFL)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    guard, child = os.getpid(), os.fork()
    if child:
        _guard(child, starter, waited)
    os.setpgid(0, 0)
    end_with(guard)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _guard(child: int, starter: int, waited: set[int]) -> NoReturn:
    status: int | None = None
    while status is None and os.getppid() == starter:
        number = signal.sigwait(waited)
        if number == signal.SIGTERM:
            break
        if number == signal.SIGCHLD:
            status = _status_of(child)
        else:
            os.kill(child, number)
    _end_descendants()
    _end_like(status)


def _status_of(child: int) -> int | None:
    """Return how the child ended, None if it runs; adopted processes are laid to rest."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in (0, child):
            return status if pid else None


def _end_descendants() -> None:
    """Kill all children until there are none: those of a dead child become this process's own."""
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                for child in _children():
                    os.kill(child, signal.SIGKILL)
                os.waitpid(-1, 0)


def _children() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _parent(path) == os.getpid()]


def _parent(process: Path) -> int | None:
    try:
        fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return int(fields[1])


def _end_like(status: int | None) -> NoReturn:
    """End with the exit code, or by the signal, by which the child has ended."""
    if status is None:
        os._exit(0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {-code})
        os.kill(os.getpid(), -code)
    os._exit(max(code, 0))
