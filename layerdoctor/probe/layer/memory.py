"""How much memory a layer may take: what lies above is refused, before the system has to kill."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

CGROUPS = ("memory.max", "memory/memory.limit_in_bytes")
"""Where Linux says how much the processes of a container may take together."""


def limit_memory(limit: int | None) -> None:
    """Refuse this process more memory than ``limit`` bytes above what it has now.

    Without a limit it is what the machine, or the container, has. Only Linux can be held to it.
    """
    if sys.platform != "linux":
        return
    import resource

    highest = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = _private() + (_available() if limit is None else limit)
    if highest != resource.RLIM_INFINITY:
        wanted = min(wanted, highest)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, highest))


def room() -> int | None:
    """Return the bytes that this process may still take; None where the system does not say."""
    if sys.platform != "linux":
        return None
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_DATA)[0]
    found = [] if allowed == resource.RLIM_INFINITY else [allowed - _private()]
    for line in Path("/proc/meminfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("MemAvailable:"):
            found.append(int(line.split()[1]) * 1024)
    return min(found, default=None)


def _private() -> int:
    """Return the bytes that count against the limit so far."""
    for line in (
        Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    ):
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _available() -> int:
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in CGROUPS:
        with suppress(OSError, ValueError):
            sizes.append(int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii")))
    return min(sizes)
