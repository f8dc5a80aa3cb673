"""The stages of an examination."""

from __future__ import annotations

import enum


class Stage(enum.Enum):
    """The stages of an examination, in their order."""

    CONSTRUCT = "construct"
    BUILD = "build"
    CALL = "call"
    REPEAT = "repeat"
    GRADIENT = "gradient"
    CONTRACT = "contract"
