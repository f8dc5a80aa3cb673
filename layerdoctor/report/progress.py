"""How far a run is: a bar on a terminal, a few lines in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from layerdoctor.facts import LayerFacts
from layerdoctor.report import verdict
from layerdoctor.report.escaping import visible
from layerdoctor.runner.progress import Shown

STEPS = 10
"""How many lines tell of a whole run in a log."""


class Lines(Shown):
    """Says after each tenth of the targets how many are done; nothing of a single one."""

    def __init__(self, total: int, say: Callable[[str], None]) -> None:
        self._total = total
        self._say = say
        self._done = 0

    def done(self, name: str) -> None:
        """Count a target."""
        del name
        before = self._done * STEPS // self._total
        self._done += 1
        if self._total > 1 and self._done * STEPS // self._total > before:
            self._say(f"{self._done} of {self._total} layers examined")


@contextmanager
def lines(total: int, say: Callable[[str], None]) -> Iterator[Shown]:
    """Say now and then how many are done."""
    yield Lines(total, say)


class Bar(Shown):
    """A bar; above it the verdict on a single layer, while the checks of its contract go on."""

    def __init__(self, progress: _WithVerdict, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total, name="")

    def seen(self, facts: LayerFacts) -> None:
        """Show the verdict on the only layer."""
        self._progress.verdict = Text(visible(verdict.line(facts)))

    def done(self, name: str) -> None:
        """Advance the bar, and name the target."""
        self._progress.update(self._task, advance=1, name=visible(name))


class _WithVerdict(Progress):
    """A bar with a verdict above it, once there is one."""

    verdict: Text | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield the verdict and the bar."""
        if self.verdict is not None:
            yield self.verdict
        yield from super().get_renderables()


@contextmanager
def bar(total: int) -> Iterator[Shown]:
    """Show a bar on standard error until the block ends; other lines pass by above it."""
    columns = (
        TextColumn("examining layers"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with _WithVerdict(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    ) as progress:
        yield Bar(progress, total)
