"""Which versions take part, read from what is installed, without importing any of it."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from layerdoctor.facts import Environment


def environment(device: str, seed: int) -> Environment:
    """Return the versions of what takes part; None for what is not installed."""
    return Environment(
        python=platform.python_version(),
        tensorflow=_version("tensorflow", "tensorflow-cpu"),
        keras=_version("keras"),
        tf_keras=_version("tf_keras", "tf-keras"),
        numpy=_version("numpy"),
        platform=f"{sys.platform}-{platform.machine()}",
        device=device.upper(),
        seed=seed,
    )


def _version(*names: str) -> str | None:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None
