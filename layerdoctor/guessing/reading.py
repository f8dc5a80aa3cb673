"""What the source of ``call`` and ``build`` says of the inputs, without running it."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the source says of the first input."""

    rank: int | None = None
    """How many dimensions it has, the batch included."""
    least_rank: int = 1
    integer: bool = False
    """Whether it is used as an index."""
    items: int = 0
    """How many inputs come in one list; 0 where it is a single tensor."""
    keys: tuple[str, ...] = ()
    """The names under which several inputs come in one dictionary."""
    optional_structure: bool = False
    """Whether the source asks if there are several inputs: then a single one will do."""


_INDEXED = {"gather": 1, "take": 1, "embedding_lookup": 1, "one_hot": 0, "gather_nd": 1}
"""Functions that take indices, and at which position."""
_SHAPES = ("shape", "int_shape")


def read(call: str, build: str, parameter: str | None, annotation: str, docstring: str) -> Hints:
    """Return the hints in the source of ``call`` and ``build``, either of which may be empty.

    ``parameter`` is the name of the first input in ``call``, ``annotation`` its annotation.
    """
    body = list(_nodes(call))
    names = _aliases(body, parameter) if parameter else set()
    shape = _first_parameter(build)
    found = [*_of_tensor(body, names), *_of_shape(list(_nodes(build)), {shape} if shape else set())]
    items = max((value for kind, value in found if kind == "items"), default=0)
    keys = [value for kind, value in found if kind == "key"]
    exact = [int(value) for kind, value in found if kind == "rank"]
    least = [int(value) for kind, value in found if kind == "least"]
    integer = any(kind == "integer" for kind, _ in found) or "int" in annotation.lower()
    if not items and re.search(r"\b(list|tuple|sequence)\b", annotation.lower()):
        items = 2
    rank = exact[0] if exact else _documented_rank(docstring)
    return Hints(
        rank=None if integer else rank,
        least_rank=1 if items or keys else min(max(least, default=1), 5),
        integer=integer,
        items=int(items),
        optional_structure=any(_asks_for_type(node, names) for node in body),
        keys=tuple(dict.fromkeys(map(str, keys))),
    )


def _nodes(source: str) -> Iterator[ast.AST]:
    try:
        return ast.walk(ast.parse(textwrap.dedent(source)))
    except (SyntaxError, ValueError, RecursionError):
        return iter(())


def _first_parameter(source: str) -> str | None:
    for node in _nodes(source):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
            return names[0] if names else None
    return None


def _aliases(body: Iterable[ast.AST], parameter: str) -> set[str]:
    """Return the names that hold the parameter, converted or cast."""
    names = {parameter}
    for node in body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        called = _called(node.value)
        if called in ("convert_to_tensor", "cast", "identity") and _is_one(
            node.value.args[:1], names
        ):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _is_one(arguments: list[ast.expr], names: set[str]) -> bool:
    """Whether the first of the arguments is one of the names."""
    return bool(arguments) and isinstance(arguments[0], ast.Name) and arguments[0].id in names


def _asks_for_type(node: ast.AST, names: set[str]) -> bool:
    return (
        isinstance(node, ast.Call) and _called(node) == "isinstance" and _is_one(node.args, names)
    )


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _of_tensor(body: Iterable[ast.AST], names: set[str]) -> Iterator[tuple[str, int | str]]:
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            yield from _unpacked(node.targets[0].elts, node.value, names)
        elif isinstance(node, ast.Subscript):
            yield from _subscript(node, names)
        elif isinstance(node, ast.Call):
            yield from _call(node, names)


def _unpacked(
    targets: list[ast.expr], value: ast.expr, names: set[str]
) -> Iterator[tuple[str, int | str]]:
    if any(isinstance(target, ast.Starred) for target in targets):
        return
    if isinstance(value, ast.Name) and value.id in names:
        yield "items", len(targets)
    elif _is_shape_of(value, names):
        yield "rank", len(targets)


def _is_shape_of(node: ast.expr, names: set[str]) -> bool:
    """Whether it is ``x.shape``, ``tf.shape(x)``, or either of them unstacked or as a list."""
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return isinstance(node.value, ast.Name) and node.value.id in names
    if isinstance(node, ast.Call):
        inner = node.args[:1]
        if _called(node) in _SHAPES and _is_one(inner, names):
            return True
        if _called(node) in ("unstack", "as_list", "tuple", "list"):
            owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            return any(_is_shape_of(part, names) for part in (*inner, *owner))
    return False


def _subscript(node: ast.Subscript, names: set[str]) -> Iterator[tuple[str, int | str]]:
    index = node.slice
    if _is_shape_of(node.value, names) and isinstance(index, ast.Constant):
        if isinstance(index.value, int) and index.value >= 0:
            yield "least", index.value + 1
        return
    if not (isinstance(node.value, ast.Name) and node.value.id in names):
        return
    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        yield "key", index.value
    elif isinstance(index, ast.Constant) and isinstance(index.value, int) and index.value > 0:
        yield "items", index.value + 1
    elif isinstance(index, ast.Tuple):
        axes = [part for part in index.elts if not _adds_axis(part)]
        yield "least", len(axes)


def _adds_axis(part: ast.expr) -> bool:
    if isinstance(part, ast.Constant):
        return part.value in (None, ...)
    return isinstance(part, ast.Attribute) and part.attr == "newaxis"


def _call(node: ast.Call, names: set[str]) -> Iterator[tuple[str, int | str]]:
    called = _called(node)
    if called in _INDEXED and _is_one(node.args[_INDEXED[called] :], names):
        yield "integer", 1
    if not _is_one(node.args, names):
        return
    if called == "cast" and len(node.args) > 1 and "int" in ast.unparse(node.args[1]):
        yield "integer", 1
    spatial = re.search(r"([123])d$", called.lower())
    if spatial:
        yield "rank", int(spatial[1]) + 2
    for argument in (*node.args[1:], *(keyword.value for keyword in node.keywords)):
        if called in ("transpose", "permute") and isinstance(argument, (ast.List, ast.Tuple)):
            yield "rank", len(argument.elts)
    for keyword in node.keywords:
        axes = _integers(keyword.value) if keyword.arg == "axis" else []
        if axes and called not in ("expand_dims", "stack"):
            yield "least", max(axis + 1 if axis >= 0 else -axis for axis in axes)


def _integers(node: ast.expr) -> list[int]:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return []
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return [item for item in values if type(item) is int]


def _of_shape(body: Iterable[ast.AST], names: set[str]) -> Iterator[tuple[str, int | str]]:
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            targets = node.targets[0].elts
            starred = any(isinstance(target, ast.Starred) for target in targets)
            if isinstance(node.value, ast.Name) and node.value.id in names and not starred:
                shapes = all("shape" in ast.unparse(target) for target in targets)
                yield ("items" if shapes else "rank"), len(targets)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield from _of_size(node, names)


def _of_size(node: ast.Subscript, names: set[str]) -> Iterator[tuple[str, int | str]]:
    index = node.slice.value if isinstance(node.slice, ast.Constant) else None
    owner = node.value
    if isinstance(owner, ast.Name) and owner.id in names and isinstance(index, int) and index > 0:
        yield "least", index + 1
    nested = isinstance(owner, ast.Subscript) and isinstance(owner.value, ast.Name)
    if nested and isinstance(owner, ast.Subscript) and isinstance(owner.slice, ast.Constant):
        name = owner.value.id if isinstance(owner.value, ast.Name) else ""
        if name in names and isinstance(owner.slice.value, int):
            yield "items", max(2, owner.slice.value + 1)


def _documented_rank(docstring: str) -> int | None:
    """Return the rank of the first shape a docstring names, such as ``(batch, time, features)``."""
    found = re.search(
        r"[\[(]\s*(?:batch\w*|None|N|B|bs)\s*((?:,\s*[\w*.+ -]+)+),?\s*[\])]", docstring
    )
    if found is not None and "..." not in found[1]:
        return 1 + found[1].count(",")
    batched = re.search(r"(\d)D \(batched\)", docstring)
    return int(batched[1]) if batched else None
