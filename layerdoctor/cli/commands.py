"""The commands: parse, call, print, exit code; nothing else."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from layerdoctor import output
from layerdoctor.exits import INTERNAL, INTERRUPTED, REFUSED
from layerdoctor.version import VERSION

if TYPE_CHECKING:
    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.baseline import Ledger
    from layerdoctor.judge.diagnosis import Diagnosis
    from layerdoctor.judge.run import Report, Shard
    from layerdoctor.report import Style
    from layerdoctor.runner.cache import Cache
    from layerdoctor.runner.cached_run import CachedRun
    from layerdoctor.target import Target

Parsed = TypeVar("Parsed")

VERSIONS = ("python", "tensorflow", "keras", "tf_keras", "numpy", "platform")

app = typer.Typer(
    name="layerdoctor",
    help="Examine custom Keras layers: what Keras does not track, where gradients end, "
    "what repeated calls and reloading do.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Refused(Exception):
    """What was asked cannot be done; the message says why and what to write."""


def main() -> NoReturn:
    """Run the command line and exit with the code that the README promises."""
    output.open_streams()
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else REFUSED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception:
        code = _own_fault()
    with suppress(OSError):
        sys.stdout.flush()
    sys.exit(code)


def _own_fault() -> int:
    import traceback

    from layerdoctor.cli.fault import written_down

    _tell(written_down(traceback.format_exc()))
    return INTERNAL


def _tell_faults(report: Report) -> None:
    """Tell of the targets that layerdoctor itself failed on; the others are reported."""
    from layerdoctor.cli.fault import written_down

    for facts in (diagnosis.facts for diagnosis in report.diagnoses):
        if facts.error is not None and facts.error.kind == "internal":
            _tell(written_down(facts.error.traceback or facts.error.message, facts.id))


def _tell(message: str) -> None:
    from layerdoctor.runner.captured_output import printable

    output.say("layerdoctor: " + "\n".join(printable(line) for line in message.splitlines()))


@contextmanager
def _answering() -> Iterator[None]:
    """Turn what was refused and what was interrupted into one line and an exit code."""
    from layerdoctor.target import BadInput

    try:
        yield
    except (Refused, BadInput, output.Unwritable) as refused:
        _tell(str(refused))
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        _tell("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except Exception:
        raise typer.Exit(_own_fault()) from None


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


Codes = typer.Option(metavar="CODES", help="Codes, prefixes such as LD2, or names of rules.")
Select = Annotated[list[str], Codes]
Ignore = Annotated[list[str], Codes]
FailOn = Annotated[
    str | None, typer.Option(metavar="LEVEL", help="error, warning, note or never [warning].")
]
Format = Annotated[
    list[str],
    typer.Option("--format", "-f", metavar="FORMAT", help="full, concise, json, sarif, github, …"),
]
Output = Annotated[list[Path], typer.Option("--output", "-o", help="Write the report to a file.")]
Calls = Annotated[int | None, typer.Option(help="How often to call the layer [3].")]
Timeout = Annotated[float | None, typer.Option(help="Seconds that a target may take [60].")]
Seed = Annotated[int | None, typer.Option(help="Seed of everything drawn [0].")]
Config = Annotated[Path | None, typer.Option(help="The config file to use.")]
Isolated = Annotated[bool, typer.Option("--isolated", help="Use no config file.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Findings and the summary only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Everything that was seen.")]
Color = Annotated[str, typer.Option(metavar="WHEN", help="auto, always or never.")]
Device = Annotated[str | None, typer.Option(metavar="DEVICE", help="cpu or gpu [cpu].")]
MemoryLimit = Annotated[str | None, typer.Option(metavar="SIZE", help="Memory of a target: 4G.")]
AppDir = Annotated[
    list[str], typer.Option("--app-dir", metavar="DIR", help="Goes first on sys.path [.].")
]


@app.command()
def inspect(
    target: Annotated[str, typer.Argument(help="module:Class or path/to/file.py:Class.")],
    shape: Annotated[
        list[str], typer.Option(metavar="SHAPE", help="A float32 input, batch first: 10,5.")
    ] = [],
    inputs: Annotated[
        list[str],
        typer.Option(
            "--input", metavar="INPUT", help="[NAME=]SHAPE[:DTYPE[:LOW..HIGH]] or @file.npy."
        ),
    ] = [],
    inputs_as: Annotated[
        str, typer.Option(metavar="HOW", help="auto, positional, list or dict.")
    ] = "auto",
    arg: Annotated[
        list[str], typer.Option(metavar="NAME=VALUE", help="Argument of the constructor.")
    ] = [],
    call: Annotated[
        list[str], typer.Option(metavar="NAME=VALUE", help="Argument of the call.")
    ] = [],
    app_dir: AppDir = [],
    select: Select = [],
    ignore: Ignore = [],
    fail_on: FailOn = None,
    format_: Format = [],
    output_: Output = [],
    calls: Calls = None,
    timeout: Timeout = None,
    seed: Seed = None,
    config: Config = None,
    isolated: Isolated = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    device: Device = None,
    memory_limit: MemoryLimit = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Examine again whenever a file changes.")
    ] = False,
) -> None:
    """Examine one layer and show everything seen."""
    with _answering():
        from layerdoctor import target as targets

        settings = _settings(
            config,
            isolated,
            calls=calls,
            timeout=timeout,
            seed=seed,
            device=device,
            memory_limit=memory_limit,
            fail_on=fail_on,
        )
        targets.parse_target(target)
        _one_of("--inputs-as", inputs_as, targets.INPUTS_AS)
        wanted = settings.plain(
            target,
            inputs=(
                *(
                    targets.Input(shape=_parsed("--shape", targets.parse_shape, text))
                    for text in shape
                ),
                *(_parsed("--input", targets.parse_input, text) for text in inputs),
            ),
            inputs_as=inputs_as,
            args=dict(_parsed("--arg", targets.parse_value, text) for text in arg),
            call=dict(_parsed("--call", targets.parse_value, text) for text in call),
        )
        if app_dir:
            wanted = replace(wanted, app_dirs=tuple(app_dir))
        if watch:
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # it tells two edits in a second not apart
        with _observing([wanted], jobs=1) as observation:
            places = _places(format_, output_, "full")
            style = _styles(color, quiet, verbose)

            def look() -> Report:
                diagnoses, complete = _judged(observation, settings, select, ignore, quiet=quiet)
                return _report(diagnoses, settings, complete)

            if watch:
                _watch(look, lambda report: _publish(report, places, style))
            report = look()
        _publish(report, places, style)
    raise typer.Exit(report.exit_code)


@app.command()
def check(
    what: Annotated[
        list[str], typer.Argument(metavar="[NAME|TARGET|PATH]...", show_default=False)
    ] = [],
    jobs: Annotated[int | None, typer.Option(min=1, help="Targets at a time [cores].")] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only the I-th of N parts of the targets.")
    ] = None,
    changed: Annotated[
        bool,
        typer.Option("--changed", help="The PATHs have changed: check what depends on them."),
    ] = False,
    cache: Annotated[bool, typer.Option(help="Use results of earlier runs.")] = True,
    baseline: Annotated[Path | None, typer.Option(help="The findings that are accepted.")] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Accept what is found: write it to a file.")
    ] = None,
    prune_baseline: Annotated[
        Path | None, typer.Option(help="Use a baseline and drop from it what is gone.")
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count the findings of each rule.")
    ] = False,
    app_dir: AppDir = [],
    select: Select = [],
    ignore: Ignore = [],
    fail_on: FailOn = None,
    format_: Format = [],
    output_: Output = [],
    calls: Calls = None,
    timeout: Timeout = None,
    seed: Seed = None,
    config: Config = None,
    isolated: Isolated = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
    device: Device = None,
    memory_limit: MemoryLimit = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail where inputs or arguments cannot be guessed.")
    ] = False,
    init: Annotated[
        bool, typer.Option("--init", help="Add config entries for what is discovered.")
    ] = False,
) -> None:
    """Examine the layers of a project: the gate for hooks and CI."""
    with _answering():
        if init and isolated:
            raise Refused("leave out `--isolated`: `--init` writes into the config")
        if prune_baseline and (select or ignore):
            raise Refused("leave out `--select` and `--ignore` where you prune a baseline")
        settings = _settings(
            config,
            isolated,
            calls=calls,
            timeout=timeout,
            seed=seed,
            device=device,
            memory_limit=memory_limit,
            fail_on=fail_on,
        )
        asked = [] if changed else what
        wanted = _wanted(asked, settings, app_dir, discovering=init, needed=not changed)
        if app_dir:
            wanted = [replace(target, app_dirs=tuple(app_dir)) for target in wanted]
        kept = _cache(settings) if cache else None
        if changed and kept:
            wanted = [target for target in wanted if kept.concerns(target, what)]
        part, targets = _part(wanted, shard)
        with _observing(targets, jobs=jobs, cache=kept) as observation:
            places = _places(format_, output_, "full" if sys.stdout.isatty() else "concise")
            style = _styles(color, quiet, verbose)
            ledger = _ledger(baseline or settings.baseline_file, write_baseline, prune_baseline)
            diagnoses, complete = _judged(observation, settings, select, ignore, quiet=quiet)
        if complete:
            ledger.update(diagnoses, everything=not (what or shard))
        report = _report(ledger.accept(diagnoses), settings, complete, strict=strict, shard=part)
        _publish(report, places, style)
        if init and complete:
            _initialise(targets, report, settings)
        if statistics:
            _count(report)
    raise typer.Exit(report.exit_code)


@app.command("list")
def list_(
    paths: Annotated[list[Path], typer.Argument(metavar="[PATH]...", show_default=False)] = [],
    app_dir: AppDir = [],
    config: Config = None,
    isolated: Isolated = False,
) -> None:
    """List the layer classes in files, which are read and never run."""
    with _answering():
        from layerdoctor.config.selection import listed

        for path in paths:
            if not path.exists():
                raise Refused(f"there is no file or folder `{path}`")
        found = listed([str(path) for path in paths], _settings(config, isolated), app_dir or None)
        rows = [
            (
                item.layer.spec,
                f"{item.layer.file}:{item.layer.line}",
                item.layer.framework,
                ", ".join(target.id for target in item.configured) or "-",
            )
            for item in found
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        output.print_report("".join(f"{line}\n" for line in lines))
        if not rows:
            _tell("no layer class found")


@app.command()
def merge(
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT...", show_default=False)],
    fail_on: FailOn = None,
    format_: Format = [],
    output_: Output = [],
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: Color = "auto",
) -> None:
    """Join JSON reports, such as those of shards, and print them."""
    with _answering():
        from layerdoctor.config.settings import FAIL_ON
        from layerdoctor.judge import shards

        if fail_on is not None:
            _one_of("--fail-on", fail_on, FAIL_ON)
        places = _places(format_, output_, "full" if sys.stdout.isatty() else "concise")
        parts = [_read_report(path) for path in reports]
        report = shards.merged(parts, fail_on=fail_on)
        _publish(report, places, _styles(color, quiet, verbose))
        for name in shards.missing(parts):
            _tell(f"the report of shard {name} is missing")
    raise typer.Exit(report.exit_code)


@app.command()
def rule(
    name: Annotated[str | None, typer.Argument(metavar="[CODE|NAME]")] = None,
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="full or markdown.")
    ] = "full",
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the pages, as Markdown, into a folder."),
    ] = None,
    color: Color = "auto",
) -> None:
    """Explain one rule, or list them all."""
    with _answering():
        from layerdoctor.report import handbook
        from layerdoctor.rules import RULES

        _one_of("--format", format_, ("full", "markdown"))
        style = _styles(color, quiet=False, verbose=False)(None)
        known = {word: found for found in RULES for word in (found.code.lower(), found.name)}
        if name is not None and name.lower() not in known:
            words = [word for found in RULES for word in (found.code, found.name)]
            raise Refused(f"there is no rule `{name}`{_nearest(name, words)}")
        chosen = known[name.lower()] if name else None
        if folder is not None:
            for page, text in handbook.book([chosen] if chosen else RULES).items():
                output.write_report(text, folder / page)
        elif format_ == "markdown":
            pages = [handbook.markdown(chosen)] if chosen else handbook.book(RULES).values()
            output.print_report("\n".join(pages))
        elif chosen:
            output.print_report(handbook.page(chosen, style))
        else:
            output.print_report(handbook.table(RULES, style))


@app.command()
def doctor() -> None:
    """Describe the environment, ready to paste into a bug report."""
    with _answering():
        from layerdoctor.environment import environment
        from layerdoctor.runner.pool import Pool

        with Pool(1, forward=_forward) as workers:
            seen = workers.look_around()
        versions = asdict(environment("cpu", 0))
        lines = [f"{name}: {versions[name] or 'not installed'}" for name in VERSIONS]
        lines += [f"{name}: {value}" for name, value in seen.items()]
        output.print_report("\n".join([f"layerdoctor: {VERSION}", *lines, ""]))


def _settings(config: Path | None, isolated: bool, **given: Any) -> Settings:
    from layerdoctor.config import settings

    if config is not None and not config.is_file():
        raise Refused(f"there is no config file `{config}`")
    file = None if isolated else config or settings.find(Path.cwd())
    chosen = {key: value for key, value in given.items() if value is not None}
    return settings.overridden(settings.load(file), chosen)


def _parsed(option: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    from layerdoctor.target import within

    with within(option):
        return parse(text)


def _wanted(
    what: Sequence[str],
    settings: Settings,
    app_dirs: Sequence[str],
    *,
    discovering: bool,
    needed: bool,
) -> list[Target]:
    from layerdoctor.config.selection import selected
    from layerdoctor.target import parse_target

    configured = {target.id: target for target in settings.configured()}
    found: dict[str, Target] = {} if what else dict(configured)
    if not what and (discovering or not configured):
        found |= {target.id: target for target in selected([], settings, app_dirs)}
    for word in what:
        if word in configured:
            found[word] = configured[word]
        elif ":" in word:
            parse_target(word)
            same = {name: t for name, t in configured.items() if t.target == word}
            found |= same or {word: settings.plain(word)}
        elif Path(word).exists():
            found |= {target.id: target for target in selected([word], settings, app_dirs)}
        else:
            raise Refused(
                f"`{word}` is no target in the config and no file or folder"
                f"{_nearest(word, configured)}"
            )
    if not found and needed:
        where = f"in {', '.join(f'`{word}`' for word in what)}" if what else "under the `app-dir`"
        raise Refused(
            f"nothing to check: no layer class found {where}; name a TARGET such as "
            "`mypkg.layers:Attention`"
        )
    return list(found.values())


def _initialise(targets: Sequence[Target], report: Report, settings: Settings) -> None:
    from layerdoctor.config import new_entries
    from layerdoctor.wording import counted

    file = new_entries.config_file(settings, Path.cwd())
    facts = [diagnosis.facts for diagnosis in report.diagnoses]
    tables = new_entries.entries(targets, facts, settings, file)
    if tables:
        output.write_report(new_entries.extended(file, tables), file)
    _tell(f"{counted(len(tables), 'target')} added to `{file.name}`")


def _part(targets: list[Target], text: str | None) -> tuple[Shard | None, list[Target]]:
    if text is None:
        return None, targets
    from layerdoctor.judge import shards

    shard = shards.shard(text, targets)
    return shard, shards.part(targets, shard)


def _cache(settings: Settings) -> Cache:
    from layerdoctor.runner.cache import NAME, Cache

    return Cache(settings.folder / NAME)


def _ledger(use: Path | None, write: Path | None, prune: Path | None) -> Ledger:
    from layerdoctor.judge.baseline import Ledger

    return Ledger(use=use, write=write, prune=prune)


@contextmanager
def _observing(
    targets: Sequence[Target], *, jobs: int | None, cache: Cache | None = None
) -> Iterator[CachedRun]:
    """Start the server first: TensorFlow is imported while the rest is made ready."""
    from layerdoctor.runner.cached_run import CachedRun
    from layerdoctor.runner.keras_home import overridden_backend

    count = jobs or os.cpu_count() or 1
    with CachedRun(targets, jobs=count, forward=_forward, cache=cache) as observation:
        if observation.missing and (words := overridden_backend()):
            _tell(words)
        yield observation


def _codes(given: Sequence[str]) -> list[str]:
    """Return the entries of an option that is repeated or holds several between commas."""
    return [code for text in given for word in text.split(",") if (code := word.strip())]


def _judged(
    observation: CachedRun,
    settings: Settings,
    select: Sequence[str],
    ignore: Sequence[str],
    *,
    quiet: bool,
) -> tuple[tuple[Diagnosis, ...], bool]:
    """Return the diagnoses, and whether all could be made before an interrupt."""
    from layerdoctor.judge.verdict import Judge, examined

    judge = Judge(settings, select=_codes(select), ignore=_codes(ignore))
    with _progress(len(observation.missing), quiet=quiet) as advance:
        diagnoses, complete = examined(observation, judge, advance)
    if not complete:
        _tell(f"interrupted: {len(diagnoses)} of {len(observation.targets)} layers examined")
    return diagnoses, complete


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    if quiet or total == 0:
        yield lambda _: None
        return
    from layerdoctor.report import progress

    if sys.stderr.isatty():
        with progress.bar(total) as advance:
            yield advance
    else:
        yield progress.lines(total, _tell)


def _watch(look: Callable[[], Report], publish: Callable[[Report], None]) -> NoReturn:
    """Look again whenever one of the author's files that took part changes; ends when interrupted.

    A file that took part in any look counts: one that cannot be imported does not name them all.
    """
    from layerdoctor.cli import watching
    from layerdoctor.judge.changes import ChangeTracker

    looks = ChangeTracker()
    files: set[str] = set()
    while True:
        began = time.time()
        report = looks.compared(look())
        publish(report)
        if report.exit_code == INTERRUPTED:
            raise KeyboardInterrupt
        files.update(*(diagnosis.facts.local_files for diagnosis in report.diagnoses))
        if not files:
            raise Refused("there is no file of yours to watch")
        shown = sorted(files) if len(files) <= 3 else [f"{len(files)} files"]
        _tell(f"watching {', '.join(shown)}; end it with Ctrl-C")
        _tell(f"{', '.join(watching.wait(files, began))} changed")


def _report(
    diagnoses: Sequence[Diagnosis],
    settings: Settings,
    complete: bool,
    *,
    strict: bool = False,
    shard: Shard | None = None,
) -> Report:
    from layerdoctor.judge.verdict import report_on

    return report_on(diagnoses, settings, complete=complete, strict=strict, shard=shard)


def _read_report(path: Path) -> Report:
    import msgspec

    from layerdoctor.report.formats.json import decode

    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise Refused(f"cannot read the report `{path}`: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"`{path}` is no report made with `--format json`: {error}") from None


def _count(report: Report) -> None:
    from layerdoctor.report import statistics

    output.say(statistics.render(report).rstrip("\n"))


def _places(
    formats: Sequence[str], outputs: Sequence[Path], default: str
) -> list[tuple[str, Path | None]]:
    from layerdoctor.report import FORMATS

    names = list(formats) or [default if not outputs else "full"]
    for name in names:
        _one_of("--format", name, FORMATS)
    if len(outputs) > len(names) or len(names) > len(outputs) + 1:
        raise Refused("give each `--format` an `--output`; one may go to standard output")
    for path in outputs:
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise Refused(f"--output: received `{path}`; expected a file in a folder that exists")
    return list(zip(names, [*outputs, None], strict=False))


def _styles(color: str, quiet: bool, verbose: bool) -> Callable[[Path | None], Style]:
    from layerdoctor.report import Style

    _one_of("--color", color, ("auto", "always", "never"))

    def style(path: Path | None) -> Style:
        terminal = path is None and sys.stdout.isatty()
        plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
        return Style(
            width=100 if path else shutil.get_terminal_size((100, 24)).columns,
            color=color == "always" or (color == "auto" and terminal and not plain),
            unicode=path is not None or output.can_print("→✂─"),
            verbose=verbose,
            quiet=quiet,
            links=terminal,
        )

    return style


def _publish(
    report: Report,
    places: Sequence[tuple[str, Path | None]],
    style: Callable[[Path | None], Style],
) -> None:
    from layerdoctor.report import render

    _tell_faults(report)
    for name, path in places:
        text = render(name, report, style(path))
        if path is None:
            output.print_report(text)
        else:
            output.write_report(text, path)


def _forward(target: str, line: str) -> None:
    del target
    output.say(line)


def _one_of(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        near = _nearest(value, known)
        raise Refused(f"{option}: received `{value}`; expected one of {', '.join(known)}{near}")


def _nearest(word: str, known: Any) -> str:
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
