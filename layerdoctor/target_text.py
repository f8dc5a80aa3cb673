"""A target as people write it: the options of the command line and the table of a config."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from layerdoctor.target import Input, Target, Value


def options(target: Target) -> str:
    """Return the options that say how to construct and call the target, quoted for a shell."""
    return shlex.join([*_arguments("--arg", target.args), *_inputs(target)])


def _inputs(target: Target) -> Iterator[str]:
    for item in target.inputs:
        yield from input_option(item)
    if target.inputs_as != "auto":
        yield from ("--inputs-as", target.inputs_as)
    yield from _arguments("--call", target.call)


def _arguments(option: str, values: dict[str, Value]) -> Iterator[str]:
    for name, value in values.items():
        yield from (option, f"{name}={value if _is_word(value) else literal(value)}")


def _is_word(value: Value) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"[A-Za-z_]\w*", value) is not None
        and (value not in ("true", "false", "inf", "nan", "None", "True", "False"))
    )


def input_option(item: Input) -> tuple[str, str]:
    """Return ``--shape 4,8``, or ``--input`` with all there is to say."""
    words = f"@{item.npy}" if item.npy is not None else ",".join(map(str, item.shape or ()))
    limited = item.low is not None and item.high is not None
    if item.npy is None and (item.dtype != "float32" or limited):
        words += f":{item.dtype}"
    if item.npy is None and limited:
        words += f":{item.low:g}..{item.high:g}"
    plain = item.name is None and item.npy is None and ":" not in words
    return ("--shape" if plain else "--input", f"{item.name}={words}" if item.name else words)


def table(target: Target, name: str, prefix: str = "tool.layerdoctor.") -> str:
    """Return the table of a config that says the same, ``prefix`` as in ``pyproject.toml``."""
    lines = [f"[{prefix}targets.{_key(name)}]", f"target = {literal(target.target)}"]
    if target.args:
        lines.append(f"args = {literal(target.args)}")
    if target.inputs and target.inputs_as == "dict":
        named = {item.name or f"input_{i}": item for i, item in enumerate(target.inputs)}
        lines.append(f"inputs = {literal({key: _input(item) for key, item in named.items()})}")
    elif target.inputs:
        lines.append(f"inputs = {literal([_input(item, item.name) for item in target.inputs])}")
    if target.inputs_as != "auto":
        lines.append(f"inputs-as = {literal(target.inputs_as)}")
    if target.call:
        lines.append(f"call = {literal(target.call)}")
    return "\n".join(lines)


def _input(item: Input, name: str | None = None) -> dict[str, Any]:
    shape = None if item.shape is None or item.npy is not None else list(item.shape)
    dtype = item.dtype if item.npy is None and item.dtype != "float32" else None
    said: dict[str, Any] = {"name": name, "npy": item.npy, "shape": shape, "dtype": dtype}
    if item.npy is None:
        said |= {"low": _number(item, item.low), "high": _number(item, item.high)}
    return {key: value for key, value in said.items() if value is not None}


def _number(item: Input, end: float | None) -> float | None:
    return int(end) if end is not None and "int" in item.dtype else end


def literal(value: Value) -> str:
    """Return a value as TOML on one line; None has no literal and is left out of tables."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        items = (f"{_key(k)} = {literal(item)}" for k, item in value.items() if item is not None)
        return f"{{ {', '.join(items)} }}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def entry_name(target: Target) -> str:
    """Return the class of the target in the style of a table's name: ``my_layer``."""
    name = target.target.rpartition(":")[2].replace(".", "_")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return words.lower().lstrip("_")
