"""How each target is examined."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar

import typer


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
