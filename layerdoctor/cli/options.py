"""The options that commands share, each said once, and what they ask for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import typer

from layerdoctor import output
from layerdoctor import target as targets
from layerdoctor.target import BadInput, Target, nearest, within

if TYPE_CHECKING:
    from layerdoctor.config.selection import Selection
    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.baseline import Ledger
    from layerdoctor.judge.run import Shard
    from layerdoctor.runner.cache import Cache

Parsed = TypeVar("Parsed")

Texts = list[str]
VALUE = (
    "VALUE is a TOML literal (3, 0.5, true, [2, 2]), a word, @file.npy, array:100,8 "
    "(SHAPE[:DTYPE[:LOW..HIGH]]) or object:module:attr."
)
CODES = typer.Option(metavar="CODES", help="Codes, prefixes such as LD2, or names of rules.")


@dataclass(frozen=True, kw_only=True)
class ConfigOptions:
    """Where the settings come from, and where modules are looked for."""

    TITLE: ClassVar[str] = "Config"

    app_dir: Annotated[
        Texts, typer.Option("--app-dir", metavar="DIR", help="Goes first on sys.path [.].")
    ] = field(default_factory=list)
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="The config file to use.")] = (
        None
    )
    isolated: Annotated[bool, typer.Option("--isolated", help="Use no config file.")] = False

    def settings(self, *others: JudgeOptions | RunOptions | GateOptions) -> Settings:
        """Return the settings of the config with what the options say, which wins.

        Raises ``BadInput``.
        """
        from layerdoctor.config import settings

        said = {key: value for options in others for key, value in options.settings().items()}
        if self.app_dir:
            said["app_dir"] = [os.path.abspath(folder) for folder in self.app_dir]
        given = {key: value for key, value in said.items() if value is not None}
        file_or_closest = settings.chosen(self.config, isolated=self.isolated)
        return settings.overridden(file_or_closest, given)


FailOn = Annotated[
    str | None, typer.Option(metavar="LEVEL", help="error, warning, note or never [warning].")
]
FixHints = Annotated[
    bool, typer.Option("--fix-hints", help="Try remedies, and show with findings what holds.")
]
Color = Annotated[str, typer.Option(metavar="WHEN", help="auto, always or never.")]


@dataclass(frozen=True, kw_only=True)
class JudgeOptions:
    """Which rules count, and what fails the run."""

    TITLE: ClassVar[str] = "Rules"

    select: Annotated[Texts, CODES] = field(default_factory=list)
    ignore: Annotated[Texts, CODES] = field(default_factory=list)
    fail_on: FailOn = None

    def settings(self) -> dict[str, Any]:
        """Return what the options say in place of the config."""
        return {
            "select": _codes(self.select),
            "ignore": _codes(self.ignore),
            "fail_on": self.fail_on,
        }


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How each target is examined."""

    TITLE: ClassVar[str] = "Examination"

    calls: Annotated[
        int | None, typer.Option(metavar="N", help="How often to call the layer [3].")
    ] = None
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Seconds that a target may take [60].")
    ] = None
    seed: Annotated[int | None, typer.Option(metavar="N", help="Seed of everything drawn [0].")] = (
        None
    )
    device: Annotated[str | None, typer.Option(metavar="DEVICE", help="cpu or gpu [cpu].")] = None
    memory_limit: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Memory of a target: 4G.")
    ] = None

    def settings(self) -> dict[str, Any]:
        """Return what the options say in place of the config."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """How the report is written, and where to."""

    TITLE: ClassVar[str] = "Report"

    formats: Annotated[
        Texts,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help=f"{', '.join(output.FORMATS)}; by default what FILE ends in says it.",
        ),
    ] = field(default_factory=list)
    outputs: Annotated[
        list[Path],
        typer.Option("--output", "-o", metavar="FILE", help="Write the report to a file."),
    ] = field(default_factory=list)
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Findings and the summary only.")] = (
        False
    )
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Everything that was seen.")] = (
        False
    )
    color: Color = "auto"


def _inputs_of(text: str) -> tuple[targets.Input, ...]:
    return targets.arrays_of(targets.parse_input(text))


@dataclass(frozen=True, kw_only=True)
class LayerOptions:
    """How one layer is constructed and called."""

    TITLE: ClassVar[str] = "The layer"

    shape: Annotated[
        Texts, typer.Option(metavar="SHAPE", help="A float32 input, batch first: 10,5.")
    ] = field(default_factory=list)
    inputs: Annotated[
        Texts,
        typer.Option(
            "--input",
            metavar="INPUT",
            help="[NAME=]SHAPE[:DTYPE[:LOW..HIGH]], @file.npy, or @file.npz for all it holds.",
        ),
    ] = field(default_factory=list)
    inputs_as: Annotated[
        str, typer.Option(metavar="HOW", help="auto, positional, list or dict.")
    ] = "auto"
    arg: Annotated[
        Texts, typer.Option(metavar="NAME=VALUE", help=f"Argument of the constructor. {VALUE}")
    ] = field(default_factory=list)
    call: Annotated[Texts, typer.Option(metavar="NAME=VALUE", help="Argument of the call.")] = (
        field(default_factory=list)
    )

    @property
    def says_anything(self) -> bool:
        """Whether any of the options is given."""
        return self != type(self)()

    def target(self, spec: str, settings: Settings) -> Target:
        """Return the target as the options describe it; raises ``BadInput``."""
        from layerdoctor.config.which_layer import spec_of

        spec = spec_of(spec, settings)
        one_of("--inputs-as", self.inputs_as, targets.INPUTS_AS)
        shapes = (_parsed("--shape", targets.parse_shape, text) for text in self.shape)
        given = (item for text in self.inputs for item in _parsed("--input", _inputs_of, text))
        return settings.plain(
            spec,
            inputs=(*(targets.Input(shape=shape) for shape in shapes), *given),
            inputs_as=self.inputs_as,
            args=dict(_parsed("--arg", targets.parse_value, text) for text in self.arg),
            call=dict(_parsed("--call", targets.parse_value, text) for text in self.call),
        )


@dataclass(frozen=True, kw_only=True)
class SelectionOptions:
    """Which targets are examined, and what is known of them already."""

    TITLE: ClassVar[str] = "Which layers"

    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Targets at a time [cores].")
    ] = None
    changed: Annotated[
        bool,
        typer.Option("--changed", help="The PATHs have changed: what depends on them."),
    ] = False
    cache: Annotated[bool, typer.Option(help="Use results of earlier runs.")] = True
    cache_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the results of earlier runs are kept.")
    ] = None

    def settings(self) -> dict[str, Any]:
        """Return what the options say in place of the config."""
        folder = None if self.cache_dir is None else os.path.abspath(self.cache_dir)
        return {"jobs": self.jobs, "cache_dir": folder}

    def selection(
        self, what: Texts, settings: Settings, cache: Cache | None, *, discovering: bool = False
    ) -> Selection:
        """Return what is to be examined; raises ``BadInput``."""
        from layerdoctor.config import selection

        if not self.changed:
            return selection.chosen(what, settings, discovering=discovering)
        return selection.changed(what, settings, cache.concerns if cache else _always)


@dataclass(frozen=True, kw_only=True)
class GateOptions:
    """Which part of a check runs, and what counts besides findings."""

    TITLE: ClassVar[str] = "The gate"

    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only the I-th of N parts of the targets.")
    ] = None
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count the findings of each rule.")
    ] = False
    strict: Annotated[
        bool | None, typer.Option(help="Fail where a layer is skipped or has no target.")
    ] = None
    init: Annotated[
        bool, typer.Option("--init", help="Add config entries for what is discovered.")
    ] = False

    def settings(self) -> dict[str, Any]:
        """Return what the options say in place of the config."""
        return {"strict": self.strict}

    def check(self, config: ConfigOptions) -> None:
        """Check what goes together; raises ``BadInput``."""
        if self.init and config.isolated:
            raise BadInput("leave out `--isolated`: `--init` writes into the config")

    def part(self, targets: list[Target], cache: Cache | None) -> tuple[Shard | None, list[Target]]:
        """Return the shard, if there is one, and its targets; raises ``BadInput``."""
        if self.shard is None:
            return None, targets
        from layerdoctor.judge import shards

        shard = shards.shard(self.shard, targets)
        return shard, shards.part(targets, shard, cache.seconds(targets) if cache else None)


@dataclass(frozen=True, kw_only=True)
class BaselineOptions:
    """The file of accepted findings, and what is made of it."""

    TITLE: ClassVar[str] = "Baseline"

    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The findings that are accepted.")
    ] = None
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accept what is found: write it to a file.")
    ] = None
    prune_baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Use a baseline and drop from it what is gone."),
    ] = None

    def ledger(self, settings: Settings, rules: JudgeOptions) -> Ledger:
        """Return the baseline of the run; raises ``BadInput``."""
        from layerdoctor.judge.baseline import Ledger

        every_rule = not (rules.select or rules.ignore)
        if self.prune_baseline and not every_rule:
            raise BadInput("leave out `--select` and `--ignore` where you prune a baseline")
        return Ledger(
            use=self.baseline or settings.baseline_file,
            write=self.write_baseline,
            prune=self.prune_baseline,
            every_rule=every_rule,
        )


@dataclass(frozen=True, kw_only=True)
class FixOptions:
    """What becomes of a change that holds."""

    TITLE: ClassVar[str] = "Changes"

    apply: Annotated[bool, typer.Option("--apply", help="Write the changes that hold.")] = False
    allow_dirty: Annotated[
        bool,
        typer.Option("--allow-dirty", help="Write files that git could not bring back, too."),
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say why a remedy is not shown.")
    ] = False
    color: Color = "auto"

    def selection(
        self,
        what: Texts,
        layer: LayerOptions,
        selected: SelectionOptions,
        settings: Settings,
        cache: Cache | None,
    ) -> Selection:
        """Return what is to be examined: one layer as inspect does, else as check; ``BadInput``."""
        from layerdoctor.config.selection import Selection

        if not layer.says_anything:
            return selected.selection(what, settings, cache)
        if len(what) != 1:
            raise BadInput("say of one TARGET how it is constructed and called")
        target = layer.target(what[0], settings)
        return Selection({target.id: target})

    def told(self, file: str) -> None:
        """Say which file is tried."""
        if not self.quiet:
            output.say(f"layerdoctor: trying remedies in {file}")


def _always(_target: Target, _files: Sequence[str]) -> bool:
    return True


def _codes(given: Texts) -> Texts:
    """Return the entries of an option that is repeated or holds several between commas."""
    return [code for text in given for word in text.split(",") if (code := word.strip())]


def one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    """Check a choice; raises ``BadInput``."""
    if value not in known:
        expected = f"expected one of {', '.join(known)}{nearest(value, known)}"
        raise BadInput(f"{option}: received `{value}`; {expected}")


def _parsed(option: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    with within(option):
        return parse(text)
