"""The closed vocabularies of the facts, and the words of them that facts hold."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Vocabulary = frozenset[Any]
"""The words of a ``Literal``, or the members of an enumeration."""


def words_in(value: Any, kind: Any) -> Iterator[tuple[Vocabulary, Any]]:
    """Yield each word that a value of this type holds, with the vocabulary that it belongs to."""
    origin, args = get_origin(kind), get_args(kind)
    if words := vocabulary(kind):
        if value in words:
            yield words, value
    elif origin in (Union, types.UnionType):
        for one in args:
            yield from words_in(value, one)
    elif isinstance(kind, type) and is_dataclass(kind) and isinstance(value, kind):
        for name, hint in _hints(kind).items():
            yield from words_in(getattr(value, name), hint)
    elif origin is dict and isinstance(value, dict):
        for key, item in value.items():
            yield from words_in(key, args[0])
            yield from words_in(item, args[1])
    elif origin is tuple and isinstance(value, tuple):
        for item in value:
            yield from words_in(item, args[0])


def vocabularies_in(kind: Any) -> Iterator[Vocabulary]:
    """Yield the vocabularies that values of a type are made of."""
    if words := vocabulary(kind):
        yield words
    elif isinstance(kind, type) and is_dataclass(kind):
        for hint in _hints(kind).values():
            yield from vocabularies_in(hint)
    else:
        for one in get_args(kind):
            yield from vocabularies_in(one)


def vocabulary(kind: Any) -> Vocabulary:
    """Return the words of a type; none where it is no vocabulary."""
    if get_origin(kind) is Literal:
        return frozenset(get_args(kind))
    if isinstance(kind, enum.EnumMeta):
        return frozenset(kind)
    return frozenset()


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
