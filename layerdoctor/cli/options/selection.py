"""Which targets are examined."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

if TYPE_CHECKING:
    from layerdoctor.config.selection import Selection
    from layerdoctor.config.settings import Settings
    from layerdoctor.runner.cache import Cache
    from layerdoctor.target import Target

What = Annotated[list[str], typer.Argument(metavar="[NAME|TARGET|PATH]...", show_default=False)]


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
        self, what: list[str], settings: Settings, cache: Cache | None, *, discovering: bool = False
    ) -> Selection:
        """Return what is to be examined; raises ``BadInput``."""
        from layerdoctor.config import selection

        if not self.changed:
            return selection.chosen(what, settings, discovering=discovering)
        return selection.changed(what, settings, cache.concerns if cache else _always)


def _always(_target: Target, _files: Sequence[str]) -> bool:
    return True
