"""What becomes of a change that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from layerdoctor import output
from layerdoctor.cli.options.report import Color
from layerdoctor.target import BadInput

if TYPE_CHECKING:
    from layerdoctor.cli.options.layer import LayerOptions
    from layerdoctor.cli.options.selection import SelectionOptions
    from layerdoctor.config.selection import Selection
    from layerdoctor.config.settings import Settings
    from layerdoctor.runner.cache import Cache

FixHints = Annotated[
    bool, typer.Option("--fix-hints", help="Try remedies, and show with findings what holds.")
]


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
        what: list[str],
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
