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
    """The object, or the dictionary, that holds it."""
    name: Any
    held: Any
    """What stands there."""
    value: Any
    """A number, a text, a tuple of these, or an array; of a table, its keys and values."""
    within: tuple[type, str]
    """The class whose attribute it is, or is in, and the name of that."""

    def location(self, assignments: Assignments) -> Location | None:
        """Return the line that puts it into its dictionary, or that fills or assigns it."""
        is_filled = isinstance(self.owner, dict) or isinstance(self.held, (np.ndarray, list))
        filled = assignments.of_filling(*self.within) if is_filled else None
        return filled or assignments.of_attribute(*self.within)

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
        if isinstance(self.owner, dict):
            self.owner[self.name] = value
        else:
            object.__setattr__(self.owner, self.name, value)


def attributes_of(layer: Any) -> dict[str, Attribute]:
    """Return the attributes of the layer and of the author's objects it holds, by their paths."""
    return {found.path: found for found in _attributes(layer)}


def changed_since(before: dict[str, Attribute], layer: Any) -> list[Attribute]:
    """Return the attributes of the layer that were there before and had another value."""
    return [
        now
        for path, now in attributes_of(layer).items()
        if path in before and not equal(before[path].value, now.value)
    ]


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
    todo: deque[tuple[str, Any, tuple[type, str]]] = deque([("self", layer, (type(layer), ""))])
    seen: set[int] = set()
    while todo and len(seen) < LIMIT:
        path, owner, within = todo.popleft()
        if id(owner) in seen or len(path) > LONGEST:
            continue
        seen.add(id(owner))
        room = max(LIMIT - len(todo), 0)
        if isinstance(owner, (list, tuple)):
            entries = islice(enumerate(owner), room)
            todo.extend((f"{path}[{index}]", item, within) for index, item in entries)
            continue
        for inner, name, held, around in _held_by(path, owner, within, room):
            value = _value(held)
            if value is None:
                todo.append((inner, held, around))
            else:
                yield Attribute(inner, owner, name, held, value, around)


def _held_by(
    path: str, owner: Any, within: tuple[type, str], room: int
) -> Iterator[tuple[str, Any, Any, tuple[type, str]]]:
    """Yield the entries of a dictionary, or the attributes of an object of the author's."""
    if isinstance(owner, dict):
        for key, item in list(islice(owner.items(), room)):
            yield f"{path}[{key!r}]", key, item, within
    elif _is_own(owner):
        hidden = framework.framework_attributes(owner)
        for name, held in list(getattr(owner, "__dict__", {}).items()):
            if name not in hidden:
                yield f"{path}.{name}", name, held, (type(owner), name)


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
