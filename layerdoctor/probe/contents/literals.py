"""Tables that the author has written down in the forward pass itself."""

from __future__ import annotations

import ast
import functools
import linecache
import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from layerdoctor.facts import Constant, Location
from layerdoctor.probe.gradient.passes import Pass
from layerdoctor.probe.hooks.recording import Operation, same_values
from layerdoctor.user_code import Author, Frame

FEW = 16
"""A literal of so few elements is a number of the formula, no table."""
SHOWN = 24
"""How many characters of a literal stand for one that has no name."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A list or a tuple of numbers in the source of a function."""

    name: str
    """The name it is given on its own line, else its beginning."""
    line: int
    values: Any


def inline_tables(seen: Pass, known: Collection[int], author: Author) -> list[Constant]:
    """Return the literals of a pass that TensorFlow has taken, but for the ``known`` tensors.

    The inputs are none either: to look for their numbers, whole files would be parsed.
    ``tf.constant`` executes no operation: a table shows where an operation takes a tensor that no
    other one has made, and its line where the function that runs there writes down its numbers.
    """
    tables: dict[Location, Constant] = {}
    entered = {*known, *(tensor._id for tensor in seen.inputs)}
    for operation in seen.flow.recording.operations:
        for identity in operation.inputs:
            tensor = seen.flow.recording.outside.get(identity)
            if tensor is None or identity in entered or math.prod(tensor.shape) <= FEW:
                continue
            if found := _written(operation, tensor, author):
                tables.setdefault(*found)
    return list(tables.values())


def _written(operation: Operation, tensor: Any, author: Author) -> tuple[Location, Constant] | None:
    index = author.frame(operation.frames)
    if index is None:
        return None
    frame = operation.frames[index]
    for literal in _literals(frame):
        if same_values(tensor, literal.values):
            place = Location(file=author.relative(frame.filename), line=literal.line)
            return place, Constant(
                name=literal.name,
                holder="inline",
                kind="tensor",
                shape=tuple(int(size) for size in tensor.shape),
                dtype=tensor.dtype.name,
                bytes=math.prod(tensor.shape) * int(tensor.dtype.size),
                stable=True,
                used=True,
                location=place,
                created_in="call",
            )
    return None


def _literals(frame: Frame) -> Sequence[Literal]:
    return _literals_around(frame.filename, frame.lineno or 0)


@functools.lru_cache(maxsize=256)
def _literals_around(file: str, line: int) -> Sequence[Literal]:
    """Return the tables in the innermost function around a line."""
    with suppress(SyntaxError, ValueError, RecursionError):
        tree = ast.parse("".join(linecache.getlines(file)))
        around = [
            node
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.Lambda))
            and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        if around:
            return list(_tables(max(around, key=lambda node: node.lineno)))
    return []


def _tables(function: ast.AST) -> Iterator[Literal]:
    names: dict[ast.AST, str] = {}
    todo = [function]
    while todo:
        node = todo.pop()
        name = names.get(node)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        if isinstance(node, (ast.List, ast.Tuple)) and (values := _numbers(node)) is not None:
            yield Literal(name or f"{ast.unparse(node)[:SHOWN]}…", node.lineno, values)
            continue
        for child in ast.iter_child_nodes(node):
            if name:
                names[child] = name
            todo.append(child)


def _numbers(node: ast.AST) -> Any:
    """Return the array that a literal stands for; None where it is no table of numbers."""
    with suppress(ValueError, TypeError, SyntaxError):
        values = np.asarray(ast.literal_eval(node))
        if values.dtype.kind in "biuf" and values.size > FEW:
            return values
    return None
