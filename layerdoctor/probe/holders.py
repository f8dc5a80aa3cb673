"""Everything that a layer holds or can name, and under which name the author writes it."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections import deque
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.author import Author
from layerdoctor.facts import Location
from layerdoctor.probe import framework
from layerdoctor.probe.origin import Origins

LIMIT = 50_000
"""How many objects are looked at: enough for any layer, and an end for the endless."""

LONGEST = 1_000
"""How many characters the name of a thing may have before nothing inside it is looked at."""


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that the layer holds or can name."""

    attribute: str
    holder: str
    thing: Any
    location: Location | None
    layer: str | None
    """The path of the innermost untracked sub-layer it lies in."""
    framework_owned: bool
    """Whether it is an attribute of an object of the framework's own classes."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How the walk came to an object."""

    path: str
    holder: str
    location: Location | None = None
    layer: str | None = None
    framework_owned: bool = False


class Holders:
    """Walks attributes, containers, helper objects, closures, globals and class attributes.

    Attributes come before closures, and these before globals, so that a thing is known by the name
    that is nearest to the layer. What the framework keeps for itself is left out: the attributes
    that a bare instance of its own base class has.
    """

    def __init__(self, layer: Any, author: Author, origins: Origins) -> None:
        self._layer = layer
        self._author = author
        self._origins = origins
        self._tracked = {id(item) for item in framework.sublayers_of(layer)}
        self._seen: set[int] = set()
        self._later: deque[tuple[Any, _Place]] = deque()

    def walk(self) -> Iterator[Held]:
        """Yield variables, tensors, arrays, sub-layers and containers, each once."""
        queue: deque[tuple[Any, _Place]] = deque([(self._layer, _Place("self", "attribute"))])
        while (queue or self._later) and len(self._seen) < LIMIT:
            thing, place = (queue or self._later).popleft()
            if id(thing) in self._seen or _is(thing, _ATOMS) or len(place.path) > LONGEST:
                continue
            self._seen.add(id(thing))
            if _is_leaf(thing) or _is_container(thing) or framework.is_layer(thing):
                yield Held(
                    place.path,
                    place.holder,
                    thing,
                    place.location,
                    place.layer,
                    place.framework_owned,
                )
            if not _is_leaf(thing):
                self._open(thing, place, queue)

    def _open(self, thing: Any, place: _Place, queue: deque[tuple[Any, _Place]]) -> None:
        """Queue what is inside, as far as the thing lets itself be opened."""
        with suppress(Exception):
            for inner in itertools.islice(self._inside(thing, place), LIMIT):
                queue.append(inner)

    def _inside(self, thing: Any, place: _Place) -> Iterator[tuple[Any, _Place]]:
        if _is(thing, Mapping):
            for key, item in _entries(thing):
                if _is(item, _ATOMS):
                    continue
                yield item, _within(place, f"{place.path}[{_key(key)}]")
        elif _is_container(thing):
            for index, item in enumerate(_items(thing)):
                if _is(item, _ATOMS):
                    continue
                yield item, _within(place, f"{place.path}[{index}]")
        elif _is(thing, tf.__internal__.CompositeTensor):
            for item in tf.nest.flatten(thing, expand_composites=True):
                yield item, place
        elif _is(thing, MethodType):
            yield thing.__self__, place
            yield thing.__func__, place
        elif _is(thing, functools.partial):
            yield from ((item, place) for item in (thing.func, *thing.args))
            yield from (
                (item, _within(place, f"{place.path}.{k}")) for k, item in thing.keywords.items()
            )
        elif hasattr(type(thing), "python_function") or hasattr(type(thing), "_python_function"):
            yield getattr(thing, "python_function", None), place
        elif _is(thing, FunctionType):
            self._function(thing, place)
        elif self._is_open(thing):
            yield from self._attributes(thing, place)

    def _is_open(self, thing: Any) -> bool:
        """Whether to look into an object: the author's and libraries' objects, layers, modules."""
        kind = type(thing)
        if _is(thing, (type, ModuleType)) or hasattr(kind, "__next__"):
            return False
        if _is(thing, tf.Module) or framework.is_layer(thing):
            return not _is_metric(thing)
        return kind.__module__ != "builtins" and not framework.is_framework_class(kind)

    def _attributes(self, thing: Any, place: _Place) -> Iterator[tuple[Any, _Place]]:
        kind = type(thing)
        hidden = framework.framework_attributes(thing)
        owned = framework.is_framework_class(kind)
        layer = place.layer
        if framework.is_layer(thing) and id(thing) not in self._tracked:
            layer = place.path
        holder = place.holder
        if holder == "attribute" and place.path != "self" and _is_plain_module(thing):
            holder = "module"
        for name, value in _vars(thing):
            if name in hidden or _is(value, _ATOMS):
                continue
            location = None if owned else self._origins.of_attribute(kind, name)
            yield (
                value,
                _Place(
                    f"{place.path}.{name}",
                    "layer" if layer else holder,
                    location or place.location,
                    layer,
                    owned,
                ),
            )
        self._classes(kind, place)

    def _classes(self, kind: type, place: _Place) -> None:
        """Queue what the author's classes hold themselves and what their methods can name."""
        for base in kind.__mro__:
            if framework.is_framework_class(base) or base.__module__ == "builtins":
                continue
            for name, value in list(vars(base).items()):
                function = _plain_function(value)
                if function is not None:
                    self._function(function, place)
                elif not name.startswith("__") and not _is(value, _ATOMS):
                    location = self._origins.of_class_attribute(base, name)
                    path = f"{base.__name__}.{name}"
                    self._later.append((value, _Place(path, "class", location, place.layer)))

    def _function(self, function: FunctionType, place: _Place) -> None:
        """Queue what a function can name: its closure, its defaults and the globals it mentions."""
        if id(function.__code__) in self._seen and not function.__closure__:
            return
        self._seen.add(id(function.__code__))
        if self._author.rank(function.__code__.co_filename) == 0:
            return
        free = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
        named: list[tuple[str, str, Any]] = []
        for name, cell in free:
            try:
                named.append((name, "closure", cell.cell_contents))
            except ValueError:
                continue
        scope = function.__globals__
        named += [(n, "global", scope[n]) for n in _mentioned(function.__code__) if n in scope]
        named += [(n, "closure", value) for n, value in (function.__kwdefaults__ or {}).items()]
        named += [(n, "closure", v) for n, v in _defaults(function)]
        for name, holder, value in named:
            if _is(value, _ATOMS) or name in ("self", "__class__"):
                continue
            location = self._origins.of_name(function, name)
            self._later.append((value, _Place(name, holder, location, place.layer)))


_ATOMS = (type(None), bool, int, float, complex, str, bytes, type, ModuleType, np.generic)


def _is(thing: Any, kinds: type | tuple[type, ...]) -> bool:
    """Whether it is an instance of a class, by its type: what it says of itself may be a lie."""
    return issubclass(type(thing), kinds)


def _within(place: _Place, path: str) -> _Place:
    return _Place(path, place.holder, place.location, place.layer, place.framework_owned)


def _is_leaf(thing: Any) -> bool:
    return _is(thing, (tf.Variable, tf.Tensor, np.ndarray)) or is_keras_variable(thing)


def is_keras_variable(thing: Any) -> bool:
    """Whether it is a variable of Keras 3."""
    keras = framework.keras_3()
    return keras is not None and _is(thing, keras.Variable)


def _is_container(thing: Any) -> bool:
    return _is(thing, (list, tuple, deque, Mapping, AbstractSet))


def _is_metric(thing: Any) -> bool:
    return any(base.__name__ == "Metric" for base in type(thing).__mro__)


def _is_plain_module(thing: Any) -> bool:
    return _is(thing, tf.Module) and not framework.is_layer(thing)


def _entries(mapping: Any) -> list[tuple[Any, Any]]:
    try:
        return list(itertools.islice(mapping.items(), LIMIT))
    except Exception:
        return []


def _items(container: Any) -> list[Any]:
    try:
        return list(itertools.islice(container, LIMIT))
    except Exception:
        return []


def _key(key: Any) -> str:
    return repr(key) if isinstance(key, (str, int, float, bool)) else f"<{type(key).__name__}>"


def _vars(thing: Any) -> list[tuple[str, Any]]:
    """Return the attributes an object stores itself, without running a property of its."""
    try:
        found = dict(object.__getattribute__(thing, "__dict__"))
    except AttributeError:
        found = {}
    for base in type(thing).__mro__:
        for name in _slots(base):
            member = inspect.getattr_static(thing, name, None)
            if inspect.ismemberdescriptor(member):
                try:
                    found[name] = member.__get__(thing)
                except AttributeError:
                    continue
    return [(name, value) for name, value in found.items() if isinstance(name, str)]


def _slots(base: type) -> tuple[str, ...]:
    slots = vars(base).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _plain_function(value: Any) -> FunctionType | None:
    if isinstance(value, property):
        value = value.fget
    value = getattr(value, "__func__", value)
    value = getattr(value, "python_function", value)
    value = inspect.unwrap(value) if isinstance(value, FunctionType) else value
    return value if isinstance(value, FunctionType) else None


def _mentioned(code: CodeType) -> Iterator[str]:
    """Yield the names that a function's code and the functions inside it mention."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _mentioned(constant)


def _defaults(function: FunctionType) -> Iterator[tuple[str, Any]]:
    values = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return zip(names[len(names) - len(values) :], values, strict=True) if values else iter(())
