"""Which tests are fast, and what holds in all of them."""

from __future__ import annotations

import compileall
import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from layerdoctor.judge.run import Report
from layerdoctor.report import Style
from layerdoctor.report.formats import json
from tests import report_schema

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "layerdoctor"
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

WRITTEN_OUT = ("sweep", "thorough")
"""The marks that files of tests put on their tests themselves."""

TOGETHER = ("before_contract", "constants", "growth", "holders", "inventory")
"""Tests in ``tests/probe`` of the same layers: one process runs them, and examines those once."""
SAME_LAYERS = re.compile(rf"tests/probe/test_({'|'.join(TOGETHER)})\.py::")
SAME_MODULE = re.compile(r"(tests/probe/test_marked_layers\.py)::.*\[(\w+)-")
"""The tests of the layers of one module: there are many such modules, for all processes."""


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package, where nothing is written while it is imported: commands do that often.

    The processes that share the tests find it done.
    """
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(PACKAGE, quiet=1)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what has no test of the one mark that is asked for: to import all takes long."""
    if collection_path.suffix != ".py":
        return None
    wanted = config.getoption("markexpr")
    if wanted == "fast":
        return None if is_fast(collection_path) else True
    if wanted in WRITTEN_OUT:
        marks = f"pytest.mark.{wanted}" in collection_path.read_text(encoding="utf-8")
        return None if marks else True
    return None


def is_fast(file: Path) -> bool:
    """Whether the tests of a file are in one of those rooms."""
    return file.is_relative_to(TESTS) and file.parent.relative_to(TESTS).as_posix() in FAST


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of those rooms, for ``pytest -m fast``.

    They are put last, and before them what comes in many parts: where several processes share the
    tests, none of them waits long for the last that way.
    """
    for item in items:
        if is_fast(item.path):
            item.add_marker("fast")
    items.sort(key=lambda item: (is_fast(item.path), bool(SAME_MODULE.match(item.nodeid))))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a process at once the tests of the same layers, and whole files otherwise."""
    if config.getoption("dist") != "loadfile":
        return None
    scheduling = importlib.import_module("xdist.scheduler").LoadFileScheduling(config, log)
    scheduling._split_scope = of_one_process
    return scheduling


def of_one_process(test: str) -> str:
    """Return what the tests have in common that a process is to run together with this one."""
    if SAME_LAYERS.match(test):
        return "the same layers"
    module = SAME_MODULE.match(test)
    return " ".join(module.groups()) if module else test.partition("::")[0]


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
