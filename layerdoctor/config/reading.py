"""What a config says becomes data, or an error that names the key and what may stand there."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, time
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from layerdoctor.target import BadInput, nearest, unknown_key
from layerdoctor.target_text import literal

Table = TypeVar("Table", bound=msgspec.Struct)

LONGEST = 60
"""How many characters of a value are repeated."""


def read(value: Any, kind: type[Table]) -> Table:
    """Return a table of a config as data; raises ``BadInput``."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadInput(next(_faults(value, kind, ""), str(error))) from None


def check(option: str, value: Any, kind: Any) -> None:
    """Check what an option says as the key of a config is checked; raises ``BadInput``."""
    for words in _faults(value, kind, option):
        raise BadInput(words)


def _faults(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Yield what is wrong with a value, in the order in which it is written."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct) and isinstance(value, dict):
        yield from _faults_in_table(value, bare, where)
        return
    for option in get_args(bare) if get_origin(bare) in (Union, types.UnionType) else (bare,):
        if get_origin(option) in (list, dict) and isinstance(value, get_origin(option)):
            item = get_args(option)[-1]
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, part in pairs:
                inner = f"{where}.{key}" if isinstance(value, dict) else f"{where}[{key}]"
                yield from _faults(part, item, inner)
            return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        yield f"{where}: received `{_shown(value)}`; expected {_expected(value, kind)}"


def _faults_in_table(
    value: dict[str, Any], kind: type[msgspec.Struct], where: str
) -> Iterator[str]:
    hints = get_type_hints(kind, include_extras=True)
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, part in value.items():
        if key not in known:
            words = unknown_key(key, tuple(known))
            yield f"{where}: {words}" if where else words
        else:
            inner = f"{where}.{key}" if where else key
            yield from _faults(part, hints[known[key].name], inner)
    for key, field in known.items():
        if field.required and key not in value:
            yield f"{where}: the key `{key}` is missing"


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, (str, date, time)) else literal(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _expected(value: Any, kind: Any) -> str:
    choices = [str(choice) for choice in _choices(kind)]
    words = [f"one of {', '.join(choices)}"] if choices else []
    words += map(_words, _members(inspect.type_info(kind)))
    return " or ".join(words) + (nearest(value, choices) if isinstance(value, str) else "")


def _choices(kind: Any) -> Iterator[Any]:
    """Yield the values of the literal types, in the order in which they are declared."""
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_origin(kind) in (Annotated, Union, types.UnionType):
        for part in get_args(kind):
            yield from _choices(part)


def _members(info: inspect.Type) -> list[inspect.Type]:
    """Return the types that a value may have, without null, which no config can write."""
    bare = _bare(info)
    if isinstance(bare, inspect.UnionType):
        return [member for each in bare.types for member in _members(each)]
    return [] if isinstance(bare, _UNTOLD) else [info]


_UNTOLD = (inspect.NoneType, inspect.LiteralType)


def _words(info: inspect.Type) -> str:
    """Return what a type is called, with its limits."""
    if isinstance(info, inspect.Metadata):
        examples = (info.extra_json_schema or {}).get("examples", ())
        such_as = " or ".join(f"`{example}`" for example in examples)
        return f"{_words(info.type)} such as {such_as}" if examples else _words(info.type)
    if isinstance(info, inspect.ListType):
        return f"a list of {_NAMES[type(_bare(info.item_type))][1]}"
    return _NAMES[type(info)][0] + _limits(info)


def _bare(info: inspect.Type) -> inspect.Type:
    return _bare(info.type) if isinstance(info, inspect.Metadata) else info


def _limits(info: inspect.Type) -> str:
    if not isinstance(info, (inspect.IntType, inspect.FloatType)):
        return ""
    above = "" if info.gt is None else f" above {info.gt:g}"
    if info.ge is not None:
        return f" from {info.ge} on" if info.le is None else f" from {info.ge} to {info.le}"
    return above if info.le is None else f"{above}, at most {info.le}"


_NAMES: dict[type[inspect.Type], tuple[str, str]] = {
    inspect.BoolType: ("true or false", "true and false"),
    inspect.IntType: ("a whole number", "whole numbers"),
    inspect.FloatType: ("a number", "numbers"),
    inspect.StrType: ("text", "texts"),
    inspect.DictType: ("a table", "tables"),
    inspect.StructType: ("a table", "tables"),
}
