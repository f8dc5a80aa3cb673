"""The commands: parse, call, print, exit code; nothing else."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from layerdoctor import output
from layerdoctor.cli import options, printing
from layerdoctor.cli.declaring import Commands, command
from layerdoctor.cli.options import (
    BaselineOptions,
    ConfigOptions,
    FixOptions,
    GateOptions,
    JudgeOptions,
    LayerOptions,
    ReportOptions,
    RunOptions,
    SelectionOptions,
    one_of,
)
from layerdoctor.cli.printing import Printer, style_of, tell
from layerdoctor.exits import INTERRUPTED, REFUSED
from layerdoctor.target import BadInput
from layerdoctor.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.run import Report
    from layerdoctor.runner.pool import Pool
    from layerdoctor.target import Target

VERSIONS = ("python", "tensorflow", "keras", "tf_keras", "numpy", "platform")

What = Annotated[list[str], typer.Argument(metavar="[NAME|TARGET|PATH]...", show_default=False)]

app = typer.Typer(
    name="layerdoctor",
    cls=Commands,
    help="Examine custom Keras layers: what Keras does not track, where gradients end, "
    "what repeated calls and reloading do.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line and exit with the code that the README promises."""
    output.open_streams()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is done is reported then too
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else REFUSED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception:
        code = printing.own_fault()
    with suppress(OSError):
        sys.stdout.flush()
    sys.exit(code)


@contextmanager
def _answering() -> Iterator[None]:
    """Turn what was refused and what was interrupted into one line and an exit code."""
    try:
        yield
    except (BadInput, output.Unwritable) as refused:
        tell(str(refused))
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        tell("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except Exception:
        raise typer.Exit(printing.own_fault()) from None


_command = partial(command, app, answering=_answering)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"layerdoctor {VERSION}")
        raise typer.Exit


@app.callback()
def _program(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@_command("inspect")
def inspect(
    *,
    target: Annotated[str, typer.Argument(help="module:Class or path/to/file.py:Class.")],
    layer: LayerOptions,
    config: ConfigOptions,
    rules: JudgeOptions,
    how: RunOptions,
    report: ReportOptions,
    fix_hints: options.FixHints = False,
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
    from layerdoctor.run import run
    from layerdoctor.runner.pool import Pool

    settings = _settings(config, rules, how)
    wanted = layer.target(target, settings)
    printer = Printer(report, settings.format or "full")
    if watch:
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # it tells two edits in a second not apart
    with Pool(1, forward=printing.forward) as workers:
        progress = printing.progress(quiet=report.quiet)

        def look() -> Report:
            seen = run([wanted], settings, workers=workers, progress=progress)
            return _with_hints(seen, [wanted], settings, workers) if fix_hints else seen

        if watch:
            from layerdoctor.cli import watching

            watching.watch(look, printer.publish)
        seen = look()
    _tell_end(seen, 1)
    printer.publish(seen)
    return seen.exit_code


@_command("check")
def check(
    *,
    config: ConfigOptions,
    rules: JudgeOptions,
    how: RunOptions,
    report: ReportOptions,
    selected: SelectionOptions,
    gate: GateOptions,
    accepted: BaselineOptions,
    what: What = [],
    fix_hints: options.FixHints = False,
) -> int:
    """Examine the layers of a project: the gate for hooks and CI.

    Without arguments these are the configured targets or, where there are none, what is found. A
    PATH stands for the layers found there, a TARGET is as in inspect.
    """
    from layerdoctor.judge.notices import notices
    from layerdoctor.run import cache_of, run
    from layerdoctor.runner.cores import cores
    from layerdoctor.runner.pool import Pool

    gate.check(config)
    settings = _settings(config, rules, how, selected, gate)
    ledger = accepted.ledger(settings, rules)
    cache = cache_of(settings) if selected.cache else None
    selection = selected.selection(what, settings, cache, discovering=gate.init)
    shard, targets = gate.part([*selection.targets.values()], cache)
    printer = Printer(report, settings.format or ("full" if sys.stdout.isatty() else "concise"))
    with Pool(settings.jobs or cores(), forward=printing.forward) as workers:
        seen = run(
            targets,
            settings,
            workers=workers,
            selection=selection,
            cache=cache,
            ledger=ledger,
            shard=shard,
            progress=printing.progress(quiet=report.quiet),
        )
        if fix_hints:
            seen = _with_hints(seen, targets, settings, workers)
    _tell_end(seen, len(targets))
    for words in notices(seen, settings, selection, ledger):
        tell(words)
    printer.publish(seen)
    _conclude(gate, targets, seen, settings)
    return seen.exit_code


def _conclude(
    gate: GateOptions, targets: Sequence[Target], seen: Report, settings: Settings
) -> None:
    """Do what is asked for besides the report."""
    if gate.init and seen.exit_code != INTERRUPTED:
        _initialise(targets, seen, settings)
    if gate.statistics:
        printing.tell_statistics(seen)


def _with_hints(
    seen: Report, targets: Sequence[Target], settings: Settings, workers: Pool
) -> Report:
    """Return the report with the changes that hold; without, where it is interrupted."""
    from layerdoctor.fix.hints import with_hints

    if seen.exit_code == INTERRUPTED:
        return seen
    try:
        return with_hints(seen, targets, settings, workers)
    except KeyboardInterrupt:
        return replace(seen, exit_code=INTERRUPTED)


@_command("fix")
def fix(
    *,
    layer: LayerOptions,
    config: ConfigOptions,
    rules: JudgeOptions,
    how: RunOptions,
    selected: SelectionOptions,
    cure: FixOptions,
    what: What = [],
) -> int:
    """Print, as a diff, changes of the source that were tried and hold; write them if asked.

    A change is shown only if the finding is gone, nothing new is found, and the layer computes
    what it computed from the same weights, unless that was what was wrong.
    """
    from layerdoctor.cli import fixing
    from layerdoctor.fix.files import cures
    from layerdoctor.run import cache_of, run
    from layerdoctor.runner.cores import cores
    from layerdoctor.runner.pool import Pool

    settings = _settings(config, rules, how, selected)
    cache = cache_of(settings) if selected.cache else None
    selection = cure.selection(what, layer, selected, settings, cache)
    targets = [*selection.targets.values()]
    style = style_of(cure.color)
    with Pool(settings.jobs or cores(), forward=printing.forward) as workers:
        shown = printing.progress(quiet=cure.quiet)
        seen = run(
            targets,
            settings,
            workers=workers,
            selection=selection,
            cache=cache,
            progress=shown,
        )
        if seen.exit_code == INTERRUPTED:
            raise KeyboardInterrupt
        found = [each.cure for each in cures(seen, targets, settings, workers, cure.told)]
    for each in found:
        text = fixing.rendered(each, color=style.color, verbose=cure.verbose)
        output.print_report(text)
    fixing.tell_refused(seen)
    applied = fixing.written(found, allow_dirty=cure.allow_dirty) if cure.apply else None
    tell(fixing.closing(seen, found, applied))
    return fixing.exit_code(seen, found, applied)


def _settings(config: ConfigOptions, *others: Any) -> Settings:
    from layerdoctor.config.settings import shadowed

    settings = config.settings(*others)
    if config.config is None and (words := shadowed(settings.file)):
        tell(words)
    return settings


def _tell_end(report: Report, asked: int) -> None:
    if report.exit_code == INTERRUPTED:
        tell(f"interrupted: {len(report.diagnoses)} of {asked} layers examined")


def _initialise(targets: Sequence[Target], report: Report, settings: Settings) -> None:
    from layerdoctor.config import new_entries
    from layerdoctor.wording import counted

    file = new_entries.config_file(settings, Path.cwd())
    facts = [diagnosis.facts for diagnosis in report.diagnoses]
    new = new_entries.entries(targets, facts, settings, file)
    if new.tables or new.left_out:
        output.write_report(new_entries.extended(file, new), file)
    comments = f", {len(new.left_out)} as comments" if new.left_out else ""
    tell(f"{counted(len(new.tables), 'target')} added to `{file.name}`{comments}")


@_command("list")
def list_(
    config: ConfigOptions,
    paths: Annotated[list[Path], typer.Argument(metavar="[PATH]...", show_default=False)] = [],
) -> int:
    """List the layer classes in files, which are read and never run."""
    from layerdoctor.config.selection import listed

    for path in paths:
        if not path.exists():
            raise BadInput(f"there is no file or folder `{path}`")
    found = listed([str(path) for path in paths], _settings(config))
    rows = [
        (
            item.layer.spec,
            f"{item.layer.file}:{item.layer.line}",
            item.layer.framework,
            ", ".join(target.id for target in item.configured) or "-",
        )
        for item in found.layers
    ]
    output.print_report(printing.table(rows))
    for item in found.unreadable:
        tell(item.words())
    if not rows:
        tell("no layer class found")
    return REFUSED if found.unreadable else 0


@_command("merge")
def merge(
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT...", show_default=False)],
    report: ReportOptions,
    fail_on: options.FailOn = None,
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


@_command("rule")
def rule(
    name: Annotated[str | None, typer.Argument(metavar="[CODE|NAME]")] = None,
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="full or markdown.")
    ] = "full",
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the pages, as Markdown, into a folder."),
    ] = None,
    color: options.Color = "auto",
) -> int:
    """Explain one rule, or list them all."""
    from layerdoctor.report import handbook
    from layerdoctor.rule import matches, nearest_rule
    from layerdoctor.rules import RULES

    one_of("--format", format_, ("full", "markdown"))
    style = style_of(color)
    chosen = [each for each in RULES if name is None or matches(name, each.code, each.name)]
    if name is not None and not chosen:
        raise BadInput(f"there is no rule `{name}`{nearest_rule(name, RULES)}")
    if folder is not None:
        for page, text in handbook.book(chosen).items():
            output.write_report(text, folder / page)
    elif format_ == "markdown":
        alone = len(chosen) == 1
        pages = [handbook.markdown(chosen[0])] if alone else handbook.book(chosen).values()
        output.print_report("\n".join(pages))
    elif len(chosen) == 1:
        output.print_report(handbook.page(chosen[0], style))
    else:
        output.print_report(handbook.table(chosen, style))
    return 0


@_command("doctor")
def doctor() -> int:
    """Describe the environment, ready to paste into a bug report."""
    from layerdoctor.environment import environment
    from layerdoctor.runner.pool import Pool

    with Pool(1, forward=printing.forward) as workers:
        seen = workers.describe_environment()
    versions = asdict(environment("cpu", 0))
    lines = [f"{name}: {versions[name] or 'not installed'}" for name in VERSIONS]
    lines += [f"{name}: {value}" for name, value in seen.items()]
    output.print_report("\n".join([f"layerdoctor: {VERSION}", *lines, ""]))
    return 0
