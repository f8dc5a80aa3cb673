"""Everything that a layer holds or can name, and under which name the author writes it."""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.trackable import data_structures

from layerdoctor.facts import Holder, Location
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.layer import framework
from layerdoctor.user_code import Author

LIMIT = 50_000
"""How many objects are looked at: enough for any layer, and an end for the endless."""

LONGEST = 1_000
"""How many characters the name of a thing may have before nothing inside it is looked at."""

Locate = Callable[[], Location | None]
"""Finds a line of source when it is asked for: to read all the files would take longer than the
whole walk."""


def _nowhere() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that the layer holds or can name."""

    attribute: str
    holder: Holder
    thing: Any
    locate: Locate
    layer: str | None
    """The path of the innermost untracked sub-layer it lies in."""
    framework_owned: bool
    """Whether it is an attribute of an object of the framework's own classes."""
    filled: Location | None = None
    """Where the author puts things into it, for a container."""
    trimmed: bool = False
    """Whether what puts things into it takes others out, for a container."""
    reserved: bool = False
    """Whether it lies under a name that the framework keeps for itself."""

    @property
    def location(self) -> Location | None:
        """The line that puts it where it is."""
        return self.locate()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reached:
    """How the walk came to an object."""

    path: str
    holder: Holder
    locate: Locate = _nowhere
    layer: str | None = None
    framework_owned: bool = False
    filled: Location | None = None
    trimmed: bool = False
    reserved: bool = False


class ObjectWalk:
    """Walks attributes, containers, helper objects, closures, globals and class attributes.

    Attributes come before closures, and these before globals, so that a thing is known by the name
    that is nearest to the layer. What the framework keeps for itself is left out: the attributes
    that a bare instance of its own base class has, unless the author's class assigns them.
    """

    def __init__(self, layer: Any, author: Author, assignments: Assignments) -> None:
        self._layer = layer
        self._author = author
        self._assignments = assignments
        self._tracked = {id(item) for item in framework.sublayers_of(layer)}
        self._seen: set[int] = set()
        self._later: deque[tuple[Any, _Reached]] = deque()

    def walk(self) -> Iterator[Held]:
        """Yield variables, tensors, arrays, sub-layers and containers, each once."""
        start = _Reached(path="self", holder="attribute")
        queue: deque[tuple[Any, _Reached]] = deque([(self._layer, start)])
        while (queue or self._later) and len(self._seen) < LIMIT:
            thing, place = (queue or self._later).popleft()
            thing = _unwrapped(thing)
            if id(thing) in self._seen or _is(thing, _ATOMS) or len(place.path) > LONGEST:
                continue
            self._seen.add(id(thing))
            if _is_leaf(thing) or _is_container(thing) or framework.is_layer(thing):
                yield Held(
                    attribute=place.path,
                    holder=place.holder,
                    thing=thing,
                    locate=place.locate,
                    layer=place.layer,
                    framework_owned=place.framework_owned,
                    filled=place.filled,
                    trimmed=place.trimmed,
                    reserved=place.reserved,
                )
            if not _is_leaf(thing) or _holds_objects(thing):
                self._open(thing, place, queue)

    def _open(self, thing: Any, place: _Reached, queue: deque[tuple[Any, _Reached]]) -> None:
        """Queue what is inside, as far as the thing lets itself be opened."""
        with suppress(Exception):
            for inner in itertools.islice(self._inside(thing, place), LIMIT):
                queue.append(inner)

    def _inside(  # noqa: PLR0912 - one branch for each kind of thing
        self, thing: Any, place: _Reached
    ) -> Iterator[tuple[Any, _Reached]]:
        if _is(thing, Mapping):
            for key, item in _entries(thing):
                if _is(item, _ATOMS):
                    continue
                yield item, _within(place, f"{place.path}[{_key(key)}]")
        elif _is_container(thing) or _holds_objects(thing):
            names = getattr(type(thing), "_fields", None)
            for index, item in enumerate(_items(thing)):
                if _is(item, _ATOMS):
                    continue
                yield item, _within(place, f"{place.path}{_index(index, names)}")
        elif _is(thing, tf.__internal__.CompositeTensor):
            yield from (
                (item, _within(place, f"{place.path}.{name}")) for name, item in _components(thing)
            )
        elif _is(thing, weakref.ref):
            yield thing(), place
        elif _is(thing, MethodType):
            yield thing.__self__, place
            yield thing.__func__, place
        elif _is(thing, functools.partial):
            yield thing.func, place
            for index, item in enumerate(thing.args):
                yield item, _within(place, f"{place.path}.args[{index}]")
            for name, item in thing.keywords.items():
                yield item, _within(place, f"{place.path}.keywords[{name!r}]")
        elif hasattr(type(thing), "python_function") or hasattr(type(thing), "_python_function"):
            yield getattr(thing, "python_function", None), place
        elif _is(thing, FunctionType) or _is_wrapper(thing):
            for function in _functions(thing):
                self._function(function, place)
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

    def _attributes(self, thing: Any, place: _Reached) -> Iterator[tuple[Any, _Reached]]:
        kind = type(thing)
        hidden = framework.framework_attributes(thing)
        owned = framework.is_framework_class(kind)
        layer = place.layer
        if framework.is_layer(thing) and id(thing) not in self._tracked:
            layer = place.path
        holder: Holder = place.holder
        if holder == "attribute" and place.path != "self" and _is_plain_module(thing):
            holder = "module"
        for index, sublayer in enumerate(framework.direct_sublayers(thing)):
            inner = replace(place, path=f"{place.path}.layers[{index}]", layer=layer, filled=None)
            if owned:
                yield sublayer, inner
            else:
                self._later.append((sublayer, inner))
        for name, value in _vars(thing):
            if _is(value, _ATOMS):
                continue
            location = None if owned else self._assigned(kind, name, value)
            reserved = name in framework.reserved_names(thing)
            filled_in = hidden.get(name, False) and _is_variable(value)
            if name in hidden and not filled_in and not (reserved and location):
                continue
            inner = _Reached(
                path=f"{place.path}.{name}",
                holder="layer" if layer else holder,
                locate=self._locating(location, f"{place.path}.{name}") or place.locate,
                layer=layer,
                framework_owned=owned,
                filled=None if owned else self._assignments.of_filling(kind, name),
                trimmed=not owned and self._assignments.is_trimmed(kind, name),
                reserved=place.reserved or reserved,
            )
            if reserved:
                self._later.append((value, inner))
            else:
                yield value, inner
        self._classes(kind, place)

    def _assigned(self, kind: type, name: str, value: Any) -> Location | None:
        """Return the line that assigns an attribute, or makes the array that it has by default."""
        made = self._assignments.of_default(kind, value) if hasattr(value, "shape") else None
        return made or self._assignments.of_attribute(kind, name)

    def _locating(self, location: Location | None, path: str) -> Locate | None:
        """Return how to find an attribute that its own class, or else the layer's, assigns."""
        inner = path.removeprefix("self.")
        if location is None and inner != path and "." in inner:
            location = self._assignments.of_attribute(type(self._layer), inner)
        return _found(location) if location else None

    def _classes(self, kind: type, place: _Reached) -> None:
        """Queue what the author's classes hold themselves and what their methods can name."""
        for base in kind.__mro__:
            if framework.is_framework_class(base) or base.__module__ == "builtins":
                continue
            for name, value in list(vars(base).items()):
                functions = list(_functions(value))
                for function in functions:
                    self._function(function, place)
                if not functions and not name.startswith("__") and not _is(value, _ATOMS):
                    self._class_attribute(base, base.__name__, name, place)

    def _function(self, function: FunctionType, place: _Reached) -> None:
        """Queue what a function can name: its closure, its defaults and the globals it mentions."""
        code = function.__code__
        if id(code) in self._seen and not function.__closure__:
            return
        self._seen.add(id(code))
        if self._author.is_library(code.co_filename):
            return
        named = [*_closed_over(function), *_defaults(function)]
        mentioned = frozenset(_mentioned(code))
        scope = function.__globals__
        for name in sorted(mentioned.intersection(scope)):
            named.append((name, "global", scope[name]))
            self._members(name, scope[name], mentioned, place)
        for name, value in list(vars(function).items()):
            if name != "__wrapped__":
                named.append((f"{function.__name__}.{name}", "global", value))
        for name, holder, value in named:
            if _is(value, _ATOMS) or name in ("self", "__class__"):
                continue
            locate = functools.partial(self._assignments.of_name, function, name)
            inner = _Reached(path=name, holder=holder, locate=locate, layer=place.layer)
            self._later.append((value, inner))

    def _members(self, name: str, owner: Any, mentioned: frozenset[str], place: _Reached) -> None:
        """Queue ``settings.TABLE`` and ``Store.table``, where a function mentions both names."""
        if not _is(owner, (type, ModuleType)) or self._author.is_library(_file(owner)):
            return
        mentioned = mentioned - {name.rpartition(".")[2]}
        for member in sorted(mentioned.intersection(vars(owner))):
            value = vars(owner)[member]
            for function in _functions(value):
                self._later.append((function, place))
            self._members(f"{name}.{member}", value, mentioned, place)
            if _is(value, _ATOMS) or _is(value, FunctionType):
                continue
            if _is(owner, type):
                self._class_attribute(owner, name, member, place)
                continue
            locate = functools.partial(self._assignments.of_global, _file(owner), member)
            path = f"{name}.{member}"
            inner = _Reached(path=path, holder="global", locate=locate, layer=place.layer)
            self._later.append((value, inner))

    def _class_attribute(self, kind: type, written: str, name: str, place: _Reached) -> None:
        locate = functools.partial(self._assignments.of_class_attribute, kind, name)
        path = f"{written}.{name}"
        inner = _Reached(path=path, holder="class", locate=locate, layer=place.layer)
        self._later.append((vars(kind)[name], inner))


_ATOMS = (type(None), bool, int, float, complex, str, bytes, type, ModuleType, np.generic)


def _is(thing: Any, kinds: type | tuple[type, ...]) -> bool:
    """Whether it is an instance of a class, by its type: what it says of itself may be a lie."""
    return issubclass(type(thing), kinds)


def _unwrapped(thing: Any) -> Any:
    """Return the tuple or dictionary that TensorFlow put behind a proxy of its own."""
    if type(thing).__module__ == data_structures.__name__ and hasattr(thing, "__wrapped__"):
        return thing.__wrapped__
    return thing


def _within(place: _Reached, path: str) -> _Reached:
    locate = _found(place.filled) if place.filled else place.locate
    return replace(place, path=path, locate=locate)


def _found(location: Location) -> Locate:
    return lambda: location


def _is_leaf(thing: Any) -> bool:
    return _is(thing, (tf.Tensor, np.ndarray)) or _is_variable(thing)


def _is_variable(thing: Any) -> bool:
    return _is(thing, tf.Variable) or is_keras_variable(thing)


def _holds_objects(thing: Any) -> bool:
    return _is(thing, np.ndarray) and thing.dtype == object


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
        items = list(itertools.islice(container, LIMIT))
        return sorted(items, key=_by_name) if _is(container, AbstractSet) else items
    except Exception:
        return []


def _by_name(member: Any) -> tuple[str, int]:
    """Return a key for members of a set, which are in another order in each process.

    Keras numbers the names of layers in the order in which they are made.
    """
    name = str(member.name) if framework.is_layer(member) else ""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0)


def _index(index: int, fields: tuple[str, ...] | None) -> str:
    return f".{fields[index]}" if fields else f"[{index}]"


def _components(composite: Any) -> list[tuple[str, Any]]:
    """Return the tensors a sparse or ragged tensor is made of, as its users call them."""
    if isinstance(composite, tf.RaggedTensor):
        splits = enumerate(composite.nested_row_splits)
        return [
            ("flat_values", composite.flat_values),
            *((f"nested_row_splits[{index}]", item) for index, item in splits),
        ]
    if isinstance(composite, (tf.SparseTensor, tf.IndexedSlices)):
        return [("values", composite.values), ("indices", composite.indices)]
    parts = tf.nest.flatten(composite, expand_composites=True)
    return [(f"parts[{index}]", item) for index, item in enumerate(parts)]


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


def _functions(value: Any) -> Iterator[FunctionType]:
    """Yield the functions behind a property, a method, a ``tf.function`` or decorators."""
    for kind, name in _AROUND_FUNCTIONS:
        if _is(value, kind):
            value = getattr(value, name)
    if not _is(value, FunctionType) and hasattr(type(value), "python_function"):
        value = value.python_function
    while value is not None:
        if _is(value, FunctionType):
            yield value
        value = inspect.getattr_static(value, "__wrapped__", None)


_AROUND_FUNCTIONS = (
    (property, "fget"),
    ((staticmethod, classmethod), "__func__"),
    ((functools.cached_property, functools.partialmethod), "func"),
)


def _is_wrapper(thing: Any) -> bool:
    return inspect.getattr_static(thing, "__wrapped__", None) is not None


def _closed_over(function: FunctionType) -> Iterator[tuple[str, Holder, Any]]:
    free = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    for name, cell in free:
        with suppress(ValueError):
            yield name, "closure", cell.cell_contents


def _file(owner: Any) -> str:
    """Return the file of a class or a module; where it has none, one that is a library's."""
    module = sys.modules.get(owner.__module__) if _is(owner, type) else owner
    return getattr(module, "__file__", None) or "<unknown>"


def _mentioned(code: CodeType) -> Iterator[str]:
    """Yield the names that a function's code and the functions inside it mention."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _mentioned(constant)


def _defaults(function: FunctionType) -> Iterator[tuple[str, Holder, Any]]:
    for name, value in (function.__kwdefaults__ or {}).items():
        yield name, "closure", value
    values = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    for name, value in zip(names[len(names) - len(values) :], values, strict=True):
        yield name, "closure", value
