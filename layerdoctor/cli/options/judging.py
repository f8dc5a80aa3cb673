"""Which rules count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import typer

CODES = typer.Option(metavar="CODES", help="Codes, prefixes such as LD2, or names of rules.")

FailOn = Annotated[
    str | None, typer.Option(metavar="LEVEL", help="error, warning, note or never [warning].")
]


@dataclass(frozen=True, kw_only=True)
class JudgeOptions:
    """Which rules count, and what fails the run."""

    TITLE: ClassVar[str] = "Rules"

    select: Annotated[list[str], CODES] = field(default_factory=list)
    ignore: Annotated[list[str], CODES] = field(default_factory=list)
    fail_on: FailOn = None

    def settings(self) -> dict[str, Any]:
        """Return what the options say in place of the config."""
        return {
            "select": _codes(self.select),
            "ignore": _codes(self.ignore),
            "fail_on": self.fail_on,
        }


def _codes(given: list[str]) -> list[str]:
    """Return the entries of an option that is repeated or holds several between commas."""
    return [code for text in given for word in text.split(",") if (code := word.strip())]
