"""How many processes can run at a time, where a scheduler or a container sets a limit."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def cores(cgroups: Path = CGROUPS, own: Path = OWN) -> int:
    """Return the number of cores that this process may use, at least 1.

    It is the machine's, fewer where the process is bound to some of them, and fewer where the
    control groups that it is in, of either version, allow less time than that.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = [math.ceil(limit) for limit in _limits(cgroups, own)]
    return max(1, min([bound or 1, *limits]))


def _limits(cgroups: Path, own: Path) -> Iterator[float]:
    """Yield how many cores' time each control group around this process allows."""
    for folder in _groups(cgroups, own):
        with contextlib.suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()
            yield int(quota) / int(period)
        with contextlib.suppress(OSError, ValueError):
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
            if int(quota) > 0:
                yield int(quota) / int(period)


def _groups(cgroups: Path, own: Path) -> Iterator[Path]:
    """Yield the folders of the group that this process is in, and of all groups around it.

    Inside a container its own group is the root of what it sees, whatever the path says.
    """
    yield from (cgroups, cgroups / "cpu")
    with contextlib.suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers or "cpu" in controllers.split(","):
                root = cgroups / "cpu" if controllers else cgroups
                inner = root / path.lstrip("/")
                yield from (each for each in (inner, *inner.parents) if root in each.parents)
