"""``layerdoctor inspect``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from layerdoctor.cli import printing
from layerdoctor.cli.options.config import ConfigOptions, settings_of
from layerdoctor.cli.options.examination import RunOptions
from layerdoctor.cli.options.fix import FixHints
from layerdoctor.cli.options.judging import JudgeOptions
from layerdoctor.cli.options.layer import LayerOptions
from layerdoctor.cli.options.report import ReportOptions
from layerdoctor.cli.printing import Printer, tell_end

if TYPE_CHECKING:
    from layerdoctor.judge.run import Report


def command(
    *,
    target: Annotated[str, typer.Argument(help="module:Class or path/to/file.py:Class.")],
    layer: LayerOptions,
    config: ConfigOptions,
    rules: JudgeOptions,
    how: RunOptions,
    report: ReportOptions,
    fix_hints: FixHints = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Examine again whenever a file changes.")
    ] = False,
) -> int:
    """Examine one layer and show everything seen.

    TARGET is module:Class, module:instance, module:factory, path/to/file.py:Class,
    path/to/notebook.ipynb:Class, or the file alone where it has one layer. Of a notebook what the
    class rests on is run, and nothing else. What is not said of inputs and arguments is
    guessed, and the report says so. A gradient is shown as the norm of what comes back from all
    outputs, each weighed by random numbers, its cotangent.
    """
    from layerdoctor.runner.server import Server, names_keras_2

    if watch:
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # it tells two edits in a second not apart
    server = Server()
    server.start(with_keras_2=names_keras_2(target, config.app_dir or ["."]))
    # all else is imported while the server imports TensorFlow
    from layerdoctor.run import run
    from layerdoctor.runner.cores import cores
    from layerdoctor.runner.pool import Pool

    settings = settings_of(config, rules, how)
    wanted = layer.target(target, settings)
    printer = Printer(report, settings.format or "full")
    with Pool(cores(), forward=printing.forward, server=server) as workers:
        progress = printing.progress(quiet=report.quiet)

        def look() -> Report:
            seen = run([wanted], settings, workers=workers, progress=progress)
            if fix_hints:
                from layerdoctor.fix.hints import with_hints

                seen = with_hints(seen, [wanted], settings, workers)
            return seen

        if watch:
            from layerdoctor.cli import watching

            watching.watch(look, printer.publish, lambda: workers.make_ready(wanted))
        seen = look()
        tell_end(seen, 1)
        printer.publish(seen)  # the last process goes in the meantime
    return seen.exit_code
