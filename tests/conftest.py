"""Which tests are fast, and what holds in all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerdoctor.judge.run import Report
from layerdoctor.report import Style
from layerdoctor.report.formats import json
from tests import report_schema

TESTS = Path(__file__).parent
FAST = (
    "config",
    "fix",
    "guessing",
    "judge",
    "probe/contents",
    "probe/contract",
    "probe/gradient",
    "remedies",
    "report",
    "rules",
    "runner",
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the other rooms where only those are asked for: to import some takes long."""
    only_fast = config.getoption("markexpr") == "fast" and collection_path.suffix == ".py"
    return True if only_fast and not is_fast(collection_path) else None


def is_fast(file: Path) -> bool:
    """Whether the tests of a file are in one of those rooms."""
    return file.is_relative_to(TESTS) and file.parent.relative_to(TESTS).as_posix() in FAST


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of those rooms, for ``pytest -m fast``, and put them last.

    Where several processes share the tests, none of them waits long for the last that way.
    """
    for item in items:
        if is_fast(item.path):
            item.add_marker("fast")
    items.sort(key=lambda item: item.get_closest_marker("fast") is not None)


@pytest.fixture(autouse=True)
def every_report_keeps_to_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold what is written as JSON against the schema, as it is written."""
    render = json.render

    def held(report: Report, style: Style) -> str:
        text = render(report, style)
        told = report_schema.faults(text)
        assert not told, "\n".join(told)
        return text

    monkeypatch.setattr(json, "render", held)
