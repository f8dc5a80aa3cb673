"""Which tests are fast: those of the rooms where nothing waits for a process with TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FAST = (
    "config",
    "guessing",
    "judge",
    "probe/contents",
    "probe/contract",
    "probe/gradient",
    "report",
    "rules",
    "runner",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of those rooms, for ``pytest -m fast``."""
    for item in items:
        if item.path.is_relative_to(TESTS):
            room = item.path.parent.relative_to(TESTS).as_posix()
            if room in FAST:
                item.add_marker("fast")
