"""``layerdoctor list``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from layerdoctor import output
from layerdoctor.cli import printing
from layerdoctor.cli.options.config import ConfigOptions, settings_of
from layerdoctor.cli.printing import tell
from layerdoctor.exits import REFUSED
from layerdoctor.target import BadInput


def command(
    config: ConfigOptions,
    paths: Annotated[list[Path], typer.Argument(metavar="[PATH]...", show_default=False)] = [],
) -> int:
    """List the layer classes in files, which are read and never run."""
    from layerdoctor.config.listing import listed

    for path in paths:
        if not path.exists():
            raise BadInput(f"there is no file or folder `{path}`")
    found = listed([str(path) for path in paths], settings_of(config))
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
