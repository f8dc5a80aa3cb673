"""Which lines of the author's read which tensors, for reads of NumPy's that nothing reports."""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Location
from layerdoctor.probe.hooks.frames import frames_followed
from layerdoctor.user_code import Author, Nearness


@dataclass(frozen=True, slots=True)
class _LineRead:
    """One line that ran, and a tensor that a name on it held."""

    tensor: int
    file: str
    line: int
    argument: bool
    """Whether the value itself was handed on, rather than something asked of it."""


@dataclass(slots=True)
class LineReads:
    """The lines that ran, in their order, with the tensors that names on them held."""

    author: Author
    seen: list[_LineRead] = field(default_factory=list)

    def watch(self) -> AbstractContextManager[None]:
        """Follow the lines of the author's that run inside."""
        return frames_followed(self._entered)

    def last_of(self, tensors: Collection[int]) -> Location | None:
        """Return the last line that handed one of the tensors on; None where no name held one."""
        touches = [touch for touch in self.seen if touch.tensor in tensors]
        touches = [touch for touch in touches if touch.argument] or touches
        if not touches:
            return None
        last = touches[-1]
        return Location(file=self.author.relative(last.file), line=last.line)

    def _entered(self, frame: FrameType, event: str, argument: Any) -> Any:
        del event, argument
        return (
            self._ran
            if self.author.nearness(frame.f_code.co_filename) >= Nearness.APPLICATION
            else None
        )

    def _ran(self, frame: FrameType, event: str, argument: Any) -> Any:
        del argument
        if event != "line":
            return self._ran
        file, line = frame.f_code.co_filename, frame.f_lineno
        for name, handed_on in _names(file).get(line, ()):
            for tensor in _tensors(_value(name, frame.f_locals)):
                self.seen.append(_LineRead(tensor, file, line, handed_on))
        return self._ran


def _value(name: str, variables: Mapping[str, Any]) -> Any:
    """Return what a name such as ``self.hidden.last`` holds, running nothing; None for nothing."""
    first, *attributes = name.split(".")
    value = variables.get(first)
    for attribute in attributes:
        value = getattr(value, "__dict__", {}).get(attribute)
    return value


def _tensors(value: Any) -> list[int]:
    items = value.values() if isinstance(value, dict) else value
    if not isinstance(items, (list, tuple)) and not isinstance(value, dict):
        items = [value]
    return [item._id for item in items if isinstance(item, tf.Tensor) and hasattr(item, "_id")]


@functools.lru_cache(maxsize=64)
def _names(file: str) -> dict[int, list[tuple[str, bool]]]:
    """Return, by line, the names that are read, and whether the value itself is handed on."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    asked = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Subscript))
    }
    found: dict[int, list[tuple[str, bool]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            name = ast.unparse(node)
            if all(part.isidentifier() for part in name.split(".")):
                found.setdefault(node.lineno, []).append((name, id(node) not in asked))
    return found
