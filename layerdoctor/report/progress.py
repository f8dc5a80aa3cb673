"""How far a run is: a bar on a terminal, a few lines in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from layerdoctor.report.escaping import visible

STEPS = 10
"""How many lines tell of a whole run in a log."""

Advance = Callable[[str], None]
"""Takes the id of a target that is done."""


def lines(total: int, say: Callable[[str], None]) -> Advance:
    """Say after each tenth of the targets how many are done; nothing of a single one."""
    done: list[str] = []

    def advance(name: str) -> None:
        before = len(done) * STEPS // total
        done.append(name)
        if total > 1 and len(done) * STEPS // total > before:
            say(f"{len(done)} of {total} layers examined")

    return advance


@contextmanager
def bar(total: int) -> Iterator[Advance]:
    """Show a bar on standard error until the block ends; other lines pass by above it."""
    columns = (
        TextColumn("examining layers"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    ) as progress:
        task = progress.add_task("", total=total, name="")
        yield lambda name: progress.update(task, advance=1, name=visible(name))
