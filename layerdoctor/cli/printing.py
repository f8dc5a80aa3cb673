"""What is printed, and where: reports, how far a run is, and what else there is to say."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from layerdoctor import output
from layerdoctor.cli.options.choosing import one_of
from layerdoctor.exits import INTERNAL, INTERRUPTED
from layerdoctor.target import BadInput

if TYPE_CHECKING:
    from layerdoctor.cli.options.report import ReportOptions
    from layerdoctor.judge.run import Report
    from layerdoctor.output import Format
    from layerdoctor.report import Style
    from layerdoctor.runner.progress import Progress, Shown


def tell(message: str) -> None:
    """Say something on standard error, free of control characters."""
    from layerdoctor.runner.captured_output import printable

    output.say("layerdoctor: " + "\n".join(printable(line) for line in message.splitlines()))


def forward(_target: str, line: str) -> None:
    """Print what a layer printed."""
    output.say(line)


def tell_end(report: Report, asked: int) -> None:
    """Say how far a run came that was interrupted."""
    if report.exit_code == INTERRUPTED:
        tell(f"interrupted: {len(report.diagnoses)} of {asked} layers examined")


def own_fault() -> int:
    """Tell of the exception that is being handled as a bug of layerdoctor."""
    from layerdoctor.cli.fault import written_down

    tell(written_down(traceback.format_exc()))
    return INTERNAL


def progress(*, quiet: bool) -> Progress:
    """Return what shows how far a run is: a bar on a terminal, a few lines elsewhere."""

    @contextmanager
    def shown(missing: int) -> Iterator[Shown]:
        from layerdoctor.runner.keras_home import overridden_backend
        from layerdoctor.runner.progress import unseen

        if missing and (words := overridden_backend()):
            tell(words)
        if quiet or not missing:
            how = unseen(missing)
        else:
            from layerdoctor.report import progress

            how = progress.bar(missing) if sys.stderr.isatty() else progress.lines(missing, tell)
        with how as told:
            yield told

    return shown


def style_of(
    color: str, *, path: Path | None = None, quiet: bool = False, verbose: bool = False
) -> Style:
    """Return how a report may look on standard output, or in the file of that path."""
    from layerdoctor.report import Style

    one_of("--color", color, ("auto", "always", "never"))
    terminal = path is None and sys.stdout.isatty()
    return Style(
        width=100 if path else shutil.get_terminal_size((100, 24)).columns,
        color=color == "always" or (color == "auto" and path is None and _wants_color(terminal)),
        unicode=path is not None or output.can_print("→✂─"),
        verbose=verbose,
        quiet=quiet,
        links=terminal,
    )


def _wants_color(terminal: bool) -> bool:
    """Heed what no-color.org, force-color.org and bixense.com/clicolors agree on.

    An empty NO_COLOR or FORCE_COLOR says nothing, and of both NO_COLOR wins.
    """
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("CLICOLOR_FORCE", "0")
    if os.environ.get("FORCE_COLOR") or forced not in ("", "0"):
        return True
    plain = os.environ.get("CLICOLOR") == "0" or os.environ.get("TERM") == "dumb"
    return terminal and not plain


@dataclass(frozen=True)
class Place:
    """One format of the report, where it goes and how it looks."""

    format: str
    path: Path | None
    style: Style


class Printer:
    """Prints reports as the options ask."""

    def __init__(self, options: ReportOptions, default: str) -> None:
        """Take the format for standard output where none is given; raise ``BadInput``."""
        names = options.formats or [_format_of(each) for each in options.outputs] or [default]
        for name in names:
            one_of("--format", name, output.FORMATS)
        paths = options.outputs
        if len(paths) > len(names) or len(names) > len(paths) + 1:
            raise BadInput("give each `--format` an `--output`; one may go to standard output")
        for path in paths:
            if path.is_dir() or not path.absolute().parent.is_dir():
                expected = "expected a file in a folder that exists"
                raise BadInput(f"--output: received `{path}`; {expected}")
        self._quiet = options.quiet
        shown = {"quiet": options.quiet, "verbose": options.verbose}
        self._places = [
            Place(name, path, style_of(options.color, path=path, **shown))
            for name, path in zip(names, [*paths, None], strict=False)
        ]

    def publish(self, report: Report) -> None:
        """Print or write the report in every format; raises ``output.Unwritable``."""
        from layerdoctor.report import render

        _tell_faults(report)
        for place in self._places:
            text = render(place.format, report, place.style)
            if place.path is None:
                output.print_report(text)
            else:
                output.write_report(text, place.path)
        shown = {place.format for place in self._places if place.path is None}
        if shown.isdisjoint(output.FOR_PEOPLE) and not self._quiet:
            tell(report.closing())


ENDINGS: dict[str, Format] = {
    ".html": "html",
    ".json": "json",
    ".md": "markdown",
    ".sarif": "sarif",
    ".xml": "junit",
}


def _format_of(path: Path) -> Format:
    """Return the format that the name of a file asks for."""
    return ENDINGS.get(path.suffix.lower(), "full")


def tell_statistics(report: Report) -> None:
    """Say how often each rule spoke."""
    from layerdoctor.report import statistics

    output.say(statistics.render(report).rstrip("\n"))


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return the rows as lines whose columns stand below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _tell_faults(report: Report) -> None:
    """Tell of the targets that layerdoctor itself failed on; the others are reported."""
    from layerdoctor.cli.fault import written_down

    for facts in (diagnosis.facts for diagnosis in report.diagnoses):
        if facts.error is not None and facts.error.kind == "internal":
            tell(written_down(facts.error.traceback or facts.error.message, facts.id))
