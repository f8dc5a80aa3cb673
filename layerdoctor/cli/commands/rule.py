"""``layerdoctor rule``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from layerdoctor import output
from layerdoctor.cli.options.choosing import one_of
from layerdoctor.cli.options.report import Color
from layerdoctor.cli.printing import style_of
from layerdoctor.target import BadInput


def command(
    name: Annotated[str | None, typer.Argument(metavar="[CODE|NAME]")] = None,
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="full or markdown.")
    ] = "full",
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the pages, as Markdown, into a folder."),
    ] = None,
    color: Color = "auto",
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
