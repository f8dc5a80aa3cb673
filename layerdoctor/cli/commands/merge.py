"""``layerdoctor merge``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from layerdoctor.cli.options.choosing import one_of
from layerdoctor.cli.options.judging import FailOn
from layerdoctor.cli.options.report import ReportOptions
from layerdoctor.cli.printing import Printer, tell


def command(
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT...", show_default=False)],
    report: ReportOptions,
    fail_on: FailOn = None,
) -> int:
    """Join JSON reports, such as those of shards, and print them."""
    from layerdoctor.config.settings import FAIL_ON
    from layerdoctor.judge import shards
    from layerdoctor.report.formats.json import read

    if fail_on is not None:
        one_of("--fail-on", fail_on, FAIL_ON)
    printer = Printer(report, "full" if sys.stdout.isatty() else "concise")
    parts = [read(path) for path in reports]
    whole = shards.merged(parts, fail_on=fail_on)
    printer.publish(whole)
    for words in shards.remarks(parts):
        tell(words)
    return whole.exit_code
