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
    from layerdoctor.config.selection import Selection
    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.run import Report

_CONFIG = pytest.StashKey[Path]()
_WIDTH = 100
_UNTARGETED = "untargeted"


class UnhealthyLayer(Exception):
    """A layer has findings that fail the run, or could not be examined."""

    __module__ = "builtins"  # pytest shows it by its name alone, which leaves room for the finding

    def __init__(self, report: Report) -> None:
        super().__init__(f"{_headline(report)}\n{_told(report)}")
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
    """A config file, whose tests are its targets, or what is discovered where it has none."""

    def collect(self) -> Iterator[LayerItem]:
        """Yield a test for each target, in the order of the file, and for what cannot be parsed."""
        from layerdoctor.config import settings
        from layerdoctor.config.selection import Selection, chosen
        from layerdoctor.target import BadInput

        try:
            loaded = settings.load(self.path)
            found = chosen([], loaded)
        except BadInput as error:
            raise self.CollectError(f"layerdoctor: {error}") from None
        parts = {name: Selection(targets={name: each}) for name, each in found.targets.items()}
        parts |= {
            file: Selection(unreadable={file: each}) for file, each in found.unreadable.items()
        }
        if loaded.strict and found.others and found.by_name:
            parts[_UNTARGETED] = Selection(others=found.others)
        for name, part in parts.items():
            yield LayerItem.from_parent(self, name=name, part=part, settings=loaded)


class LayerItem(pytest.Item):
    """The examination of one target, a file that cannot be parsed, or what has no target."""

    def __init__(self, *, settings: Settings, part: Selection, **given: Any) -> None:
        super().__init__(**given)
        self._settings = settings
        self._part = part

    def runtest(self) -> None:
        """Examine the layer; raise ``UnhealthyLayer`` for what fails a run."""
        report = self._report()
        if report.exit_code:
            raise UnhealthyLayer(report)
        for facts in (diagnosis.facts for diagnosis in report.diagnoses):
            if facts.status == "skipped" and facts.error:
                pytest.skip(facts.error.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the findings as lines, and below them the report for people."""
        if not isinstance(excinfo.value, UnhealthyLayer):
            return super().repr_failure(excinfo, style)
        report = excinfo.value.report
        shown: Any = excinfo.getrepr(style="value")
        shown.reprcrash.message = _headline(report)
        text = f"{_told(report)}\n{_text('full', report)}\n"
        shown.reprtraceback.reprentries[0].lines[:] = [text]
        return shown

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the test stands."""
        return self.path, None, f"layerdoctor: {self.name}"

    def _report(self) -> Report:
        from layerdoctor.config.settings import overridden
        from layerdoctor.exits import INTERRUPTED
        from layerdoctor.judge.baseline import Ledger
        from layerdoctor.run import cache_of, run
        from layerdoctor.runner.pool import Pool

        settings = overridden(self._settings, {"ignore": self._alone()})
        ledger = Ledger(use=settings.baseline_file, write=None, prune=None)
        used = not self.config.getoption("--layerdoctor-no-cache")
        cache = cache_of(settings) if used else None
        lines: list[str] = []
        with Pool(1, forward=lambda _, line: lines.append(line)) as workers:
            report = run(
                [*self._part.targets.values()],
                settings,
                workers=workers,
                selection=self._part,
                cache=cache,
                ledger=ledger,
            )
        if report.exit_code == INTERRUPTED:
            raise KeyboardInterrupt
        if lines:
            self.add_report_section("call", "layer output", "\n".join(lines))
        return report

    def _alone(self) -> list[str]:
        """Return what cannot be told from one target where others examine the same layer."""
        targets = [table.target for table in self._settings.targets.values()]
        own = self._settings.targets.get(self.name)
        return ["LD901"] if own and targets.count(own.target) > 1 else []


class Doctor:
    """What the fixture ``layerdoctor`` gives to a test."""

    def __init__(self, config: Path | None) -> None:
        """Take the config that counts; None for the closest one."""
        self._config = config

    def check(self, layer: Any, *inputs: Any, **options: Any) -> None:
        """Examine a layer in this process; raise ``UnhealthyLayer`` for what fails a run.

        ``options`` are those of ``layerdoctor.examine``.
        """
        __tracebackhide__ = True
        from layerdoctor.api import examine

        report = examine(layer, *inputs, **{"config": self._config, **options}).report
        if report.exit_code:
            raise UnhealthyLayer(report)


@pytest.fixture(name="layerdoctor")
def _layerdoctor(pytestconfig: pytest.Config) -> Doctor:
    """Examine layers that a test has built itself: ``layerdoctor.check(layer, *inputs)``."""
    from layerdoctor.config import settings

    given = pytestconfig.getoption("--layerdoctor-config")
    here = pytestconfig.invocation_params.dir
    return Doctor(_config_file(pytestconfig) if given else settings.find(here))


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

    lines = [verdict.line(diagnosis.facts) for diagnosis in report.diagnoses]
    return "\n".join(filter(None, (*lines, _text("concise", report))))


def _headline(report: Report) -> str:
    """Return the first thing that fails the run, and how many there are besides."""
    failing = [
        f"{finding.code} {finding.rule}: {finding.message}"
        for _, finding in report.findings()
        if report.fails(finding)
    ]
    errors = [each.facts.error for each in report.diagnoses if each.facts.error is not None]
    reasons = [*failing, *(error.message for error in errors)]
    if report.untargeted:
        reasons.append(f"no target names {', '.join(report.untargeted)}")
    others = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{reasons[0].splitlines()[0]}{others}"


def _text(format: str, report: Report) -> str:  # noqa: A002
    from layerdoctor.report import Style, render

    return render(format, report, replace(Style(), width=_WIDTH)).rstrip("\n")
