"""A doctor for custom Keras layers: what Keras does not track, and where gradients end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layerdoctor.api import examine as examine
    from layerdoctor.checkup import Checkup as Checkup

__all__ = ["Checkup", "examine", "load_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:
    """Add ``%%layerdoctor`` to a notebook; ``%load_ext layerdoctor`` calls this."""
    from layerdoctor.cli.magic import add_to

    add_to(ipython)


def __getattr__(name: str) -> Any:
    """Return ``examine`` or ``Checkup``, which are imported when they are first asked for."""
    if name == "examine":
        from layerdoctor.api import examine

        return examine
    if name == "Checkup":
        from layerdoctor.checkup import Checkup

        return Checkup
    raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
