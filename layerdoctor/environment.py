"""Which versions take part, read from what is installed, without importing any of it."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version

from layerdoctor.facts import Environment


def environment(device: str, seed: int) -> Environment:
    """Return the versions of what takes part; None for what is not installed."""
    return Environment(
        python=platform.python_version(),
        tensorflow=_version("tensorflow", "tensorflow-cpu") or _version(*_builds("tensorflow")),
        keras=_version("keras"),
        tf_keras=_version("tf_keras", "tf-keras"),
        numpy=_version("numpy"),
        platform=f"{sys.platform}-{platform.machine()}",
        device=device.upper(),
        seed=seed,
    )


def _builds(module: str) -> list[str]:
    """Return what is installed under another name and holds the module: ``tf-nightly``.

    All that is installed is read for it, which takes a while.
    """
    return packages_distributions().get(module, [])


def _version(*names: str) -> str | None:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None
