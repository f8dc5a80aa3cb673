"""What counts in a check besides findings, and the findings that are accepted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from layerdoctor.target import BadInput

if TYPE_CHECKING:
    from layerdoctor.cli.options.config import ConfigOptions
    from layerdoctor.cli.options.judging import JudgeOptions
    from layerdoctor.config.settings import Settings
    from layerdoctor.judge.baseline import Ledger
    from layerdoctor.judge.run import Shard
    from layerdoctor.runner.cache import Cache
    from layerdoctor.target import Target


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
