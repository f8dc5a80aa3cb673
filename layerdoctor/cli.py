"""The commands: parse, call, print, exit code; nothing else."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from layerdoctor import output
from layerdoctor.version import VERSION

if TYPE_CHECKING:
    from layerdoctor.report import Report, Style
    from layerdoctor.settings import Settings
    from layerdoctor.target import Target
    from layerdoctor.workers import Workers

Parsed = TypeVar("Parsed")

FINDINGS, REFUSED, INTERNAL, INTERRUPTED = 1, 2, 101, 130
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

    output.say(traceback.format_exc())
    _tell("layerdoctor itself failed: this is a bug of layerdoctor, not of your layer")
    return INTERNAL


def _tell(message: str) -> None:
    from layerdoctor.captured import printable

    output.say("layerdoctor: " + "\n".join(printable(line) for line in message.splitlines()))


@contextmanager
def _answering() -> Iterator[None]:
    """Turn what was refused and what was interrupted into one line and an exit code."""
    from layerdoctor.settings import ConfigError
    from layerdoctor.target import BadInput

    try:
        yield
    except (Refused, ConfigError, BadInput) as refused:
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
        with _workers([wanted], jobs=1) as workers:
            places = _places(format_, output_, "full")
            style = _styles(color, quiet, verbose)
            choices = {target: _choice(settings, target, select, ignore)}
            report = _examined([wanted], workers, settings, choices)
        _publish(report, places, style)
    raise typer.Exit(report.exit_code)


@app.command()
def check(
    what: Annotated[
        list[str], typer.Argument(metavar="[NAME|TARGET|PATH]...", show_default=False)
    ] = [],
    jobs: Annotated[int | None, typer.Option(min=1, help="Targets at a time [cores].")] = None,
    cache: Annotated[bool, typer.Option(help="Use results of earlier runs.")] = True,
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
) -> None:
    """Examine every configured layer and print the findings: the gate for hooks and CI."""
    del cache
    with _answering():
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
        wanted = _wanted(what, settings)
        if app_dir:
            wanted = [replace(target, app_dirs=tuple(app_dir)) for target in wanted]
        with _workers(wanted, jobs=jobs or os.cpu_count() or 1) as workers:
            places = _places(format_, output_, "full" if sys.stdout.isatty() else "concise")
            style = _styles(color, quiet, verbose)
            choices = {each.id: _choice(settings, each.id, select, ignore) for each in wanted}
            report = _examined(wanted, workers, settings, choices, strict=strict)
        _publish(report, places, style)
    raise typer.Exit(report.exit_code)


@app.command()
def rule(
    name: Annotated[str | None, typer.Argument(metavar="[CODE|NAME]")] = None,
    color: Color = "auto",
) -> None:
    """Explain one rule, or list them all."""
    with _answering():
        from layerdoctor.report import handbook
        from layerdoctor.rules import RULES

        style = _styles(color, quiet=False, verbose=False)(None)
        if name is None:
            output.print_report(handbook.table(RULES, style))
            return
        for found in RULES:
            if name.lower() in (found.code.lower(), found.name):
                output.print_report(handbook.page(found, style))
                return
        known = [word for found in RULES for word in (found.code, found.name)]
        raise Refused(f"there is no rule `{name}`{_nearest(name, known)}")


@app.command()
def doctor() -> None:
    """Describe the environment, ready to paste into a bug report."""
    with _answering():
        from layerdoctor.environment import environment
        from layerdoctor.workers import Workers

        with Workers(1, forward=_forward) as workers:
            seen = workers.look_around()
        versions = asdict(environment("cpu", 0))
        lines = [f"{name}: {versions[name] or 'not installed'}" for name in VERSIONS]
        lines += [f"{name}: {value}" for name, value in seen.items()]
        output.print_report("\n".join([f"layerdoctor: {VERSION}", *lines, ""]))


def _settings(config: Path | None, isolated: bool, **given: Any) -> Settings:
    from layerdoctor import settings

    if config is not None and not config.is_file():
        raise Refused(f"there is no config file `{config}`")
    file = None if isolated else config or settings.find(Path.cwd())
    chosen = {key: value for key, value in given.items() if value is not None}
    return settings.overridden(settings.load(file), chosen)


def _parsed(option: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    from layerdoctor.target import within

    with within(option):
        return parse(text)


def _wanted(what: Sequence[str], settings: Settings) -> list[Target]:
    from layerdoctor.target import parse_target

    configured = {target.id: target for target in settings.configured()}
    if not what and not configured:
        raise Refused(
            "nothing to check: name a TARGET such as `mypkg.layers:Attention`, or write "
            "[targets.NAME] tables into layerdoctor.toml"
        )
    found: dict[str, Target] = {} if what else dict(configured)
    for word in what:
        if word in configured:
            found[word] = configured[word]
        elif ":" in word:
            parse_target(word)
            same = {name: t for name, t in configured.items() if t.target == word}
            found |= same or {word: settings.plain(word)}
        elif Path(word).exists():
            raise Refused(
                f"`{word}` is a path, and layers are not looked for in files yet; "
                "name the layer, as in `path/to/file.py:Class`"
            )
        else:
            raise Refused(f"there is no target `{word}` in the config{_nearest(word, configured)}")
    return list(found.values())


def _choice(
    settings: Settings, name: str, select: Sequence[str], ignore: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return what to select and to ignore: the command line, then the target, then the config.

    Codes selected on the command line are not ignored by the config as a whole.
    """
    table = settings.targets.get(name)
    own_select, own_ignore = (table.select, table.ignore) if table else ([], [])
    general = [] if select else settings.ignore
    return list(select or own_select or settings.select), [*general, *own_ignore, *ignore]


@contextmanager
def _workers(targets: Sequence[Target], *, jobs: int) -> Iterator[Workers]:
    """Start the server first: TensorFlow is imported while the rest is made ready."""
    from layerdoctor.keras_home import overridden_backend
    from layerdoctor.workers import Workers

    with Workers(jobs, forward=_forward) as workers:
        workers.start(targets)
        if words := overridden_backend():
            _tell(words)
        yield workers


def _examined(
    targets: Sequence[Target],
    workers: Workers,
    settings: Settings,
    choices: dict[str, tuple[list[str], list[str]]],
    *,
    strict: bool = False,
) -> Report:
    from layerdoctor.diagnosis import diagnose, settle_markers
    from layerdoctor.environment import environment
    from layerdoctor.report import Report
    from layerdoctor.rule import Severity
    from layerdoctor.rules import RULES

    _check_codes(choices)
    diagnoses = []
    for facts in workers.examine(targets):
        select, ignore = choices[facts.id]
        diagnoses.append(diagnose(facts, RULES, select=select, ignore=ignore))
    never = settings.fail_on == "never"
    report = Report(
        diagnoses=settle_markers(diagnoses),
        environment=environment(settings.device, settings.seed),
        exit_code=0,
        fail_on=None if never else Severity(settings.fail_on),
    )
    return replace(report, exit_code=_exit_code(report, strict=strict))


def _check_codes(choices: dict[str, tuple[list[str], list[str]]]) -> None:
    from layerdoctor.diagnosis import matches
    from layerdoctor.rules import RULES

    for entry in {word for chosen in choices.values() for words in chosen for word in words}:
        if not any(matches(entry, found.code, found.name) for found in RULES):
            known = [word for found in RULES for word in (found.code, found.name)]
            raise Refused(f"there is no rule `{entry}`{_nearest(entry, known)}")


def _exit_code(report: Report, *, strict: bool) -> int:
    codes = [0]
    for facts in (diagnosis.facts for diagnosis in report.diagnoses):
        if facts.status == "error":
            internal = facts.error is not None and facts.error.kind == "internal"
            codes.append(INTERNAL if internal else REFUSED)
        if facts.status == "skipped" and strict:
            codes.append(REFUSED)
    if any(report.fails(finding) for _, finding in report.findings()):
        codes.append(FINDINGS)
    return max(codes)


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
        )

    return style


def _publish(
    report: Report,
    places: Sequence[tuple[str, Path | None]],
    style: Callable[[Path | None], Style],
) -> None:
    from layerdoctor.report import render

    for name, path in places:
        text = render(name, report, style(path))
        try:
            if path is None:
                output.print_report(text)
            else:
                output.write_report(text, path)
        except OSError as error:
            place = f"`{path}`" if path else "standard output"
            raise Refused(f"cannot write the report to {place}: {error.strerror}") from None


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
