"""User text made safe to show: nothing in it can move the cursor, hide itself or fail to encode."""

from __future__ import annotations

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""The Unicode categories that are written as escapes: control, format, surrogate and the like."""


def visible(text: str, *, unicode: bool = True, keep: str = "") -> str:
    r"""Return the text with what cannot be seen written as Python does: ``\x1b``, ``\u202e``.

    Characters in ``keep`` stay; without ``unicode`` so does nothing but printable ASCII.
    """
    if text.isprintable() and (unicode or text.isascii()):
        return text
    return "".join(
        character if character in keep else _visible_character(character, unicode)
        for character in text
    )


def _visible_character(character: str, unicode: bool) -> str:
    hidden = unicodedata.category(character) in _INVISIBLE
    if hidden or not (unicode or character.isascii()):
        return character.encode("unicode_escape").decode("ascii")
    return character
