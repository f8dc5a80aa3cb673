"""How the report is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from layerdoctor import output

Color = Annotated[str, typer.Option(metavar="WHEN", help="auto, always or never.")]


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """How the report is written, and where to."""

    TITLE: ClassVar[str] = "Report"

    formats: Annotated[
        list[str],
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
