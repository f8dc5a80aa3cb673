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
    item_names: tuple[str, ...] = ()
    """What the source calls the inputs that come in one list."""
    item_shapes: tuple[tuple[str, ...], ...] = ()
    """The shapes that the docstring gives for them, axis by axis."""
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
    shapes = {shape} if shape else set()
    building = list(_nodes(build))
    found = [*_of_tensor(body, names), *_of_shape(building, shapes)]
    found += _of_shape(body, _shape_names(body, names))
    items = max((int(value) for kind, value in found if kind == "items"), default=0)
    item_names = tuple(_item_names(body, names))
    keys = [value for kind, value in found if kind == "key"]
    exact = [int(value) for kind, value in found if kind == "rank"]
    least = [int(value) for kind, value in found if kind == "least"]
    integer = any(kind == "integer" for kind, _ in found) or _annotated_as_integer(annotation)
    several = re.match(r"(typing\.)?(list|tuple|sequence)\b", annotation.lower())
    if not items and (several or _documented_as_list(docstring, parameter)):
        items = 2
    rank = exact[0] if exact else _documented_rank(docstring)
    return Hints(
        rank=None if integer else rank,
        least_rank=1 if items or keys else min(max(least, default=1), 5),
        integer=integer,
        items=items,
        item_names=item_names if len(item_names) == items else (),
        item_shapes=documented_shapes(docstring) if items else (),
        optional_structure=any(_asks_for_type(node, names | shapes) for node in (*body, *building)),
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


def _shape_names(body: Iterable[ast.AST], names: set[str]) -> set[str]:
    """Return the names that hold the shape of the parameter."""
    return {
        target.id
        for node in body
        if isinstance(node, ast.Assign) and _is_shape_of(node.value, names)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


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


def _item_names(body: Iterable[ast.AST], names: set[str]) -> Iterator[str]:
    """Yield the names in ``nodes, index = inputs``, or in ``nodes = inputs[0]`` and so on."""
    indexed: dict[int, str] = {}
    for node in body:
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, ast.Name):
            if value.id in names and all(isinstance(item, ast.Name) for item in target.elts):
                yield from (item.id for item in target.elts if isinstance(item, ast.Name))
                return
        elif isinstance(target, ast.Name) and isinstance(value, ast.Subscript):
            place = _integers(value.slice)
            if place and _is_one([value.value], names):
                indexed.setdefault(place[0], target.id)
    if sorted(indexed) == list(range(len(indexed))):
        yield from (indexed[place] for place in sorted(indexed))


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
    if _is_shape_of(node.value, names):
        yield from (("least", _least_rank(axis)) for axis in _integers(index))
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


def _least_rank(axis: int) -> int:
    """Return how many axes there are behind whose first one, the batch, this one lies."""
    return axis + 1 if axis >= 0 else 1 - axis if axis < -1 else 1


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
        elif isinstance(node, ast.Subscript):
            yield from _of_size(node, names)


def _of_size(node: ast.Subscript, names: set[str]) -> Iterator[tuple[str, int | str]]:
    owner = node.value
    if isinstance(owner, ast.Name) and owner.id in names:
        yield from (("least", _least_rank(axis)) for axis in _integers(node.slice))
    nested = isinstance(owner, ast.Subscript) and isinstance(owner.value, ast.Name)
    if nested and isinstance(owner, ast.Subscript) and isinstance(owner.slice, ast.Constant):
        name = owner.value.id if isinstance(owner.value, ast.Name) else ""
        if name in names and isinstance(owner.slice.value, int):
            yield "items", max(2, owner.slice.value + 1)


def _annotated_as_integer(annotation: str) -> bool:
    alternatives = re.search(r"float|Union|\|", annotation, re.I)
    return alternatives is None and re.search(r"\bu?int", annotation, re.I) is not None


def _documented_as_list(docstring: str, parameter: str | None) -> bool:
    """Whether the docstring calls the parameter a list of tensors."""
    if parameter is None:
        return False
    kind = r"(a |the )?(list|tuple)s?\b (of|with|containing)\b[^.\n]*\b(tensor|input|array)"
    entry = rf"^ *{re.escape(parameter)} *(\([^)\n]*\))? *: *{kind}"
    return re.search(entry, docstring, re.M | re.I) is not None


def documented_shapes(docstring: str) -> tuple[tuple[str, ...], ...]:
    """Return the shapes that stand in the items of the first list of a docstring.

    ``- nodes (Tensor): of shape `([N], F)``` is ``("N", "F")``. Empty where an item has none.
    """
    shapes: list[tuple[str, ...]] = []
    for line in docstring.splitlines():
        if not re.match(r" *[-*] ", line):
            if shapes:
                break
            continue
        plain = re.sub(r"\[(\w+)\]", r"\1", line)
        found = re.search(r"shapes? *[`:]* *[(\[]([^()\[\]]*)[)\]]", plain, re.I)
        axes = re.findall(r"[A-Za-z_]\w*|\d+|\.\.\.", found[1]) if found else []
        if not axes or "..." in axes:
            return ()
        shapes.append(tuple(axes))
    return tuple(shapes)


def choices(constructor: str, name: str) -> tuple[str, ...]:
    """Return the texts that the source of a constructor compares a parameter with."""
    found: list[str] = []
    for node in _nodes(constructor):
        if not (isinstance(node, ast.Compare) and _is_one([node.left], {name})):
            continue
        for operator, other in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)):
                texts = other.elts if isinstance(other, (ast.List, ast.Tuple, ast.Set)) else [other]
                found += [
                    text.value
                    for text in texts
                    if isinstance(text, ast.Constant) and isinstance(text.value, str)
                ]
    return tuple(dict.fromkeys(found))


def is_spread(constructor: str, name: str) -> bool:
    """Whether the source of a constructor hands a parameter on as ``**name``."""
    return any(
        isinstance(node, ast.keyword) and node.arg is None and _is_one([node.value], {name})
        for node in _nodes(constructor)
    )


def is_always_set(source: str, name: str) -> bool:
    """Whether a function sets a name, or the ``self.name``, whichever way its branches go."""
    return any(
        _sets(statement, name)
        for node in _nodes(source)
        if isinstance(node, ast.FunctionDef)
        for statement in node.body
    )


def is_ever_set(source: str, name: str) -> bool:
    """Whether any statement of a function or class sets a name, or the ``self.name``."""
    return any(_sets(node, name) for node in _nodes(source))


def _sets(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        targets = [node.target]
    else:
        return False
    leaves = (leaf for target in targets for leaf in ast.walk(target))
    return any(
        getattr(leaf, "attr", getattr(leaf, "id", None)) == name
        for leaf in leaves
        if isinstance(leaf, (ast.Attribute, ast.Name))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn:
    """What a constructor hands on to that of the next class."""

    positional: int = 0
    """How many arguments it gives by position."""
    keywords: frozenset[str] = frozenset()
    """Which it gives by name."""
    rest: bool = False
    """Whether it hands its own ``**kwargs`` on."""


def handed_on(constructor: str) -> HandedOn:
    """Return what ``super().__init__(...)`` or ``Base.__init__(self, ...)`` is given."""
    for node in _nodes(constructor):
        if not (isinstance(node, ast.Call) and _called(node) == "__init__"):
            continue
        assert isinstance(node.func, ast.Attribute)
        by_class = not isinstance(node.func.value, ast.Call)
        plain = [item for item in node.args if not isinstance(item, ast.Starred)]
        return HandedOn(
            positional=max(len(plain) - by_class, 0),
            keywords=frozenset(item.arg for item in node.keywords if item.arg),
            rest=any(item.arg is None for item in node.keywords),
        )
    return HandedOn()


def _documented_rank(docstring: str) -> int | None:
    """Return the rank of the first shape a docstring names, such as ``(batch, time, features)``."""
    found = re.search(
        r"[\[(]\s*(?:batch\w*|None|N|B|bs)\s*((?:,\s*[\w*.+ -]+)+),?\s*[\])]", docstring
    )
    if found is not None and "..." not in found[1]:
        return 1 + found[1].count(",")
    batched = re.search(r"(\d)D \(batched\)", docstring)
    return int(batched[1]) if batched else None
