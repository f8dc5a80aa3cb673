"""``pytest --layerdoctor``: one test for each configured target, and a fixture for layers at hand.

Nothing is imported here that a run without layers would not need.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.run import Report
    from layerdoctor.target import Target

_CONFIG = pytest.StashKey[Path]()
_WIDTH = 100


class UnhealthyLayer(Exception):
    """A layer has findings that fail the run, or could not be examined."""

    def __init__(self, report: Report) -> None:
        super().__init__(_told(report))
        self.report = report


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("layerdoctor")
    group.addoption("--layerdoctor", action="store_true", help="examine the configured layers")
    group.addoption(
        "--layerdoctor-config", metavar="FILE", help="the config file [the closest one]"
    )
    group.addoption(
        "--layerdoctor-no-cache", action="store_true", help="use no results of earlier runs"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the config to what is collected, where no folder that is collected holds it."""
    if not config.getoption("--layerdoctor"):
        return
    file = _config_file(config)
    config.stash[_CONFIG] = file
    here = config.invocation_params.dir
    named = [(here / str(arg).partition("::")[0]).resolve() for arg in config.args]
    whole = all(path.is_dir() for path in named)
    if whole and not any(path in file.parents for path in named):
        config.args.append(str(file))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the config as a file of tests."""
    if file_path.resolve() != parent.config.stash.get(_CONFIG, None):
        return None
    collected: pytest.Collector = LayerFile.from_parent(parent, path=file_path)
    return collected


class LayerFile(pytest.File):
    """A config file, whose tests are its targets."""

    def collect(self) -> Iterator[LayerItem]:
        """Yield a test for each target, in the order of the file."""
        from layerdoctor.config import settings
        from layerdoctor.config.settings import ConfigError

        try:
            loaded = settings.load(self.path)
        except ConfigError as error:
            raise self.CollectError(f"layerdoctor: {error}") from None
        for target in loaded.configured():
            yield LayerItem.from_parent(self, name=target.id, target=target, settings=loaded)


class LayerItem(pytest.Item):
    """The examination of one target."""

    def __init__(self, *, target: Target, settings: Settings, **given: Any) -> None:
        super().__init__(**given)
        self._target = target
        self._settings = settings

    def runtest(self) -> None:
        """Examine the layer; raise ``UnhealthyLayer`` for what fails a run."""
        report = self._report()
        facts = report.diagnoses[0].facts
        if facts.status == "skipped" and facts.error:
            pytest.skip(facts.error.message)
        if report.exit_code:
            raise UnhealthyLayer(report)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the findings as lines, and below them the report for people."""
        if isinstance(excinfo.value, UnhealthyLayer):
            report = excinfo.value.report
            return f"{_told(report)}\n{_text('full', report)}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the test stands."""
        return self.path, None, f"layerdoctor: {self.name}"

    def _report(self) -> Report:
        from layerdoctor.config.settings import overridden
        from layerdoctor.exits import INTERRUPTED
        from layerdoctor.run import cache_of, run
        from layerdoctor.runner.pool import Pool

        used = not self.config.getoption("--layerdoctor-no-cache")
        cache = cache_of(self._settings) if used else None
        settings = overridden(self._settings, {"ignore": self._alone()})
        lines: list[str] = []
        with Pool(1, forward=lambda _, line: lines.append(line)) as workers:
            report = run([self._target], settings, workers=workers, cache=cache)
        if report.exit_code == INTERRUPTED:
            raise KeyboardInterrupt
        if lines:
            self.add_report_section("call", "layer output", "\n".join(lines))
        return report

    def _alone(self) -> list[str]:
        """Return what cannot be told from one target where others examine the same layer."""
        targets = [table.target for table in self._settings.targets.values()]
        own = self._settings.targets[self._target.id].target
        return ["LD901"] if targets.count(own) > 1 else []


class Doctor:
    """What the fixture ``layerdoctor`` gives to a test."""

    def check(self, layer: Any, *inputs: Any, **options: Any) -> None:
        """Examine a layer in this process; raise ``UnhealthyLayer`` for what fails a run.

        ``options`` are those of ``layerdoctor.examine``.
        """
        from layerdoctor.api import examine

        report = examine(layer, *inputs, **options).report
        if report.exit_code:
            raise UnhealthyLayer(report)


@pytest.fixture(name="layerdoctor")
def _layerdoctor() -> Doctor:
    """Examine layers that a test has built itself: ``layerdoctor.check(layer, *inputs)``."""
    return Doctor()


def _config_file(config: pytest.Config) -> Path:
    from layerdoctor.config import settings

    given = config.getoption("--layerdoctor-config")
    here = config.invocation_params.dir
    file = here / given if given else settings.find(here)
    if file is None or not file.is_file():
        raise pytest.UsageError(
            "--layerdoctor: found no `layerdoctor.toml` and no `[tool.layerdoctor]` in a "
            "`pyproject.toml`"
            if given is None
            else f"there is no config file `{given}`"
        )
    return file.resolve()


def _told(report: Report) -> str:
    """Return the verdict on the layer and its findings as lines."""
    from layerdoctor.report import verdict

    facts = report.diagnoses[0].facts
    return "\n".join(filter(None, (verdict.line(facts), _text("concise", report))))


def _text(format: str, report: Report) -> str:  # noqa: A002
    from layerdoctor.report import Style, render

    return render(format, report, replace(Style(), width=_WIDTH)).rstrip("\n")
