"""What a layer keeps in Python: numbers, arrays, tensors and tables on it and on its helpers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Location
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.layer import framework

LIMIT = 10_000
"""How many objects are looked at, and how many entries of each."""
LONGEST = 1_000
"""How many characters a path may have before nothing inside it is looked at."""
MOST = 1_000_000
"""How many numbers a list may have to be compared."""
NUMBERS = (bool, int, float, complex, str, np.generic)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value that is no variable."""

    path: str
    owner: Any
    name: str
    held: Any
    """What stands there."""
    value: Any
    """A number, a text, a tuple of these, or an array; of a table, its keys and values."""

    def location(self, assignments: Assignments) -> Location | None:
        """Return the line that assigns it."""
        return assignments.of_attribute(type(self.owner), self.name)

    def put(self, value: Any) -> None:
        """Put another value in its place, in the form of what stands there."""
        held: Any = self.held
        if _is_table(held):
            held.insert(*value)
            return
        if isinstance(held, tf.Tensor):
            value = tf.constant(value)
        elif isinstance(held, list):
            value = list(value)
        object.__setattr__(self.owner, self.name, value)


def attributes_of(layer: Any) -> dict[str, Attribute]:
    """Return the attributes of the layer and of the author's objects it holds, by their paths."""
    return {found.path: found for found in _attributes(layer)}


def equal(one: Any, other: Any) -> bool:
    """Whether two values of attributes are the same."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        a, b = np.asarray(one), np.asarray(other)
        same_form = a.shape == b.shape and a.dtype == b.dtype
        return same_form and bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and (bool(one == other) or repr(one) == repr(other))


def _attributes(layer: Any) -> Iterator[Attribute]:
    todo: deque[tuple[str, Any]] = deque([("self", layer)])
    seen: set[int] = set()
    while todo and len(seen) < LIMIT:
        path, owner = todo.popleft()
        if id(owner) in seen or len(path) > LONGEST:
            continue
        seen.add(id(owner))
        room = LIMIT - len(todo)
        if isinstance(owner, (list, tuple)):
            entries = islice(enumerate(owner), max(room, 0))
            todo.extend((f"{path}[{index}]", item) for index, item in entries)
        elif isinstance(owner, dict):
            entries = islice(owner.items(), max(room, 0))
            todo.extend((f"{path}[{key!r}]", item) for key, item in entries)
        elif _is_own(owner):
            hidden = framework.framework_attributes(owner)
            for name, held in list(getattr(owner, "__dict__", {}).items()):
                value = None if name in hidden else _value(held)
                if value is not None:
                    yield Attribute(f"{path}.{name}", owner, name, held, value)
                elif name not in hidden:
                    todo.append((f"{path}.{name}", held))


def _is_own(owner: Any) -> bool:
    kind = type(owner)
    return kind.__module__ != "builtins" and not framework.is_framework_class(kind)


def _value(held: Any) -> Any:
    if isinstance(held, NUMBERS):
        return held
    if isinstance(held, np.ndarray):
        return held.copy() if held.dtype.kind != "O" else None
    if isinstance(held, tf.Tensor):
        return held.numpy() if hasattr(held, "_numpy") and held.dtype != tf.resource else None
    if isinstance(held, (tuple, list)):
        items = tuple(islice(held, MOST + 1))
        compared = 0 < len(items) <= MOST
        return items if compared and all(isinstance(item, NUMBERS) for item in items) else None
    if _is_table(held):
        with suppress(Exception):
            return tuple(part.numpy() for part in islice(held.export(), 2))
    return None


def _is_table(held: Any) -> bool:
    return hasattr(held, "export") and hasattr(held, "insert") and hasattr(held, "resource_handle")
