"""Which other values a constructor argument could have, by its name, its kind and the source."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

ACTIVATIONS = ("tanh", "relu")
NEVER = ("name", "dtype", "trainable", "seed", "autocast", "input_shape", "batch_input_shape")
"""Arguments of every layer, and the one whose default is drawn."""
START_ONLY = ("initializer", "init")
"""Ends of the names of arguments that only say where the weights start."""
ABSENT = {
    "activation": ACTIVATIONS,
    "regularizer": ("l2",),
    "constraint": ("non_neg",),
    "dropout": (0.5,),
    "rate": (0.5,),
    "axis": (-1, 1),
}
"""Ends of names, and what may stand where None is the default."""


def other_values(kind: type, name: str, default: Any) -> list[Any]:
    """Return values to try in place of a default, the likeliest first; none where none is known."""
    if name in NEVER or name.endswith(START_ONLY):
        return []
    return [value for value in _likely(kind, name, default) if value != default]


def _likely(kind: type, name: str, default: Any) -> list[Any]:
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int):
        return _integers(name, default)
    if isinstance(default, float):
        return [0.5, 0.25] if abs(default) < 1 else [2 * default, default + 0.5]
    if isinstance(default, str) or default is None:
        written = list(_compared_with(kind, name))
        ends = [known for end, known in ABSENT.items() if name.endswith(end)]
        return [*written, *(ends[0] if ends else _texts(default))]
    if isinstance(default, (tuple, list)) and default:
        return _sequences(name, default)
    return []


def _integers(name: str, default: int) -> list[int]:
    if "axis" in name or "dim" in name.split("_"):
        return [axis for axis in (-2, 1, -1, 2) if axis != default]
    return [default * 2 or 1, default + 1, max(default - 1, 0), 1]


def _sequences(name: str, default: Any) -> list[Any]:
    if not all(type(item) in (int, float) for item in default):
        return []
    if "axes" in name or "axis" in name:
        return [type(default)(default[:-1])] if len(default) > 1 else [type(default)([1])]
    more = [item + 1 if type(item) is int else item + 0.5 for item in default]
    return [type(default)(more), type(default)([more[0], *default[1:]])]


def _texts(default: Any) -> tuple[str, ...]:
    pairs = (("valid", "same"), ("sum", "mean"), *((word, "tanh") for word in _FUNCTIONS))
    known = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
    known["tanh"] = "relu"
    return (known[default],) if default in known else ()


_FUNCTIONS = ("relu", "gelu", "silu", "swish", "sigmoid", "elu", "selu", "softplus", "linear")


def _compared_with(kind: type, name: str) -> Iterator[str]:
    """Yield the texts that the source of a class compares the argument with."""
    for node in _comparisons(kind):
        if _named(node.left) in (name, f"_{name}"):
            for inner in ast.walk(node.comparators[0]):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value


@functools.lru_cache(maxsize=16)
def _comparisons(kind: type) -> list[ast.Compare]:
    """Return all comparisons in the source of a class."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, SyntaxError, TypeError, ValueError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]


def _named(node: ast.expr) -> str | None:
    return getattr(node, "attr", None) or getattr(node, "id", None)
