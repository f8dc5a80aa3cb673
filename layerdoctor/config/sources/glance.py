"""What the text of a file shows before it is parsed: most files need not be."""

from __future__ import annotations

import re

import msgspec

_FRAMEWORK = re.compile(rb"\b(keras|tf_keras|tensorflow)\b")
_A_LAYER = re.compile(rb"\b(Layer|layers)\b")
"""What a class may derive from that a module of the project hands on from a framework."""
_STATEMENTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n]*)"
    rb"|class[ \t]+\w+[ \t]*\([^)]*\))",
    re.M,
)
"""What is imported by name, and what classes derive from."""
_DERIVED = re.compile(rb"class[ \t]+\w+[ \t]*[\[(]")
"""A class that derives from another one, or has parameters of types and may."""
_RENAMED = re.compile(rb"\b(\w+)[ \t]+as[ \t]+(\w+)")


class Glance(msgspec.Struct, frozen=True, array_like=True):
    """What one file shows of its classes."""

    derives: bool
    """Whether a class in it derives from another, or may."""
    promises: bool
    """Whether that may be a framework's, by what the file says alone."""
    words: tuple[str, ...]
    """What it imports by name, and what its classes derive from, where one derives."""
    renamed: tuple[tuple[str, str], ...]
    """The names that it gives others, each behind the one that is given up."""


def glance(text: bytes) -> Glance:
    """Return what a text shows."""
    derives = bool(_DERIVED.search(text))
    said = b"\n".join(_STATEMENTS.findall(text)) if derives or b" as " in text else b""
    words = dict.fromkeys(re.findall(r"\w+", said.decode("ascii", "replace"), re.ASCII))
    pairs = _RENAMED.findall(said)
    return Glance(
        derives=derives,
        promises=derives and (_names_framework(text) or bool(_A_LAYER.search(said))),
        words=tuple(words) if derives else (),
        renamed=tuple((old.decode(), new.decode()) for old, new in pairs),
    )


def _names_framework(text: bytes) -> bool:
    # a plain search, ten times as fast as that for a word, rules most files out
    return (b"keras" in text or b"tensorflow" in text) and bool(_FRAMEWORK.search(text))
