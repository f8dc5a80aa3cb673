"""Where the settings come from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

import typer

from layerdoctor.cli.printing import tell

if TYPE_CHECKING:
    from layerdoctor.config.settings import Settings


class Overriding(Protocol):
    """Options that win over the config."""

    def settings(self) -> dict[str, Any]:
        """Return what the options say in place of the config; None where they say nothing."""


@dataclass(frozen=True, kw_only=True)
class ConfigOptions:
    """Where the settings come from, and where modules are looked for."""

    TITLE: ClassVar[str] = "Config"

    app_dir: Annotated[
        list[str], typer.Option("--app-dir", metavar="DIR", help="Goes first on sys.path [.].")
    ] = field(default_factory=list)
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="The config file to use.")] = (
        None
    )
    isolated: Annotated[bool, typer.Option("--isolated", help="Use no config file.")] = False

    def settings(self, *others: Overriding) -> Settings:
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


def settings_of(config: ConfigOptions, *others: Overriding) -> Settings:
    """Return the settings, and tell of a config that another one hides; raises ``BadInput``."""
    from layerdoctor.config.settings import shadowed

    settings = config.settings(*others)
    if config.config is None and (words := shadowed(settings.file)):
        tell(words)
    return settings
