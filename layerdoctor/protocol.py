"""What a worker and the process that started it have agreed on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import msgspec

from layerdoctor.facts import Check, CheckName, Stage
from layerdoctor.target import Target

GUARD = "LAYERDOCTOR_GUARD"
"""The environment variable by which all that a target has started is known: its guard's number."""

STARTED = b"\x00layerdoctor:started\x00"
"""What a worker writes when TensorFlow is ready: what came before is TensorFlow's own noise."""

IMPORTED = b"\x00layerdoctor:imported\x00"
"""What a worker writes when the target's module is imported."""

ASK: int | None = signal.SIGRTMIN + 9 if hasattr(signal, "SIGRTMIN") else None
"""The signal on which a worker writes its stack; None where the system has none to spare."""

Variables = dict[str, str | None]
"""Variables of the environment and their values; None for one that is not set."""


class Comparison(msgspec.Struct, frozen=True):
    """What a layer computes before and after a change to its source."""

    file: str
    """What it computed before."""
    records: bool
    """Whether the file is to be written; otherwise it is there, and what differs is told."""


class Request(msgspec.Struct, frozen=True):
    """What a worker is asked to examine, but for the checks of the contract already ``made``."""

    target: Target
    made: tuple[Check, ...] = ()
    saved: str | None = None
    """The folder of what another process has saved, where it is only to be loaded."""
    comparison: Comparison | None = None
    """Where the layer is only to be compared with what it was."""


class Started(msgspec.Struct, frozen=True, tag="started"):
    """TensorFlow is imported, and the target's own time begins."""

    group: int
    """The process group that the examined code runs in."""


class Imported(msgspec.Struct, frozen=True, tag="imported"):
    """The target's module has been imported."""

    package: str | None
    """The folder of the target's top-level package."""


class StageBegan(msgspec.Struct, frozen=True, tag="stage"):
    """A stage of the examination begins."""

    stage: Stage


class CheckBegan(msgspec.Struct, frozen=True, tag="check"):
    """A check of the contract begins."""

    check: CheckName
    remaining: tuple[CheckName, ...]
    """The checks that come after it."""


class Observed(msgspec.Struct, frozen=True, tag="observed"):
    """Fields of ``LayerFacts``; later ones replace earlier ones."""

    fields: dict[str, Any]


class NeedsEnvironment(msgspec.Struct, frozen=True, tag="needs-environment"):
    """The target's module sets what must be set before TensorFlow is imported."""

    variables: Variables


class Saved(msgspec.Struct, frozen=True, tag="saved"):
    """The layer has been saved, for another process to load and compare."""

    folder: str
    hash_seed: str | None = None
    """The seed of hashes that the other process needs, where the order of a set may show."""


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """Nothing more comes of this target."""

    reusable: bool = False
    """Whether the process can examine another target."""


Message = (
    Started | Imported | StageBegan | CheckBegan | Observed | NeedsEnvironment | Saved | Finished
)
"""What a worker tells, as JSON, one message a line."""

Tell = Callable[[Message], None]
"""Sends a message on."""


def observed(**fields: Any) -> Observed:
    """Return the message that tells of these fields of ``LayerFacts``."""
    return Observed(fields)
