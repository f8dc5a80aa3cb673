"""Whether the layer's config brings back every argument of its constructor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Breach, BreachKind, Location
from layerdoctor.probe.contract.attributes import NUMBERS, attributes_of, equal
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.functional import keras_of
from layerdoctor.probe.contract.method import Method
from layerdoctor.probe.contract.round_trip import construction

LONGEST = 60


def check(context: Context) -> Iterator[Breach]:
    """Yield the arguments that are dropped or changed, or what saving and loading raise."""
    context.need_keras("has no config")
    given: dict[str, Any] = {}
    original = context.layer
    if context.factory.reusable:
        original, given = construction(context.kind, lambda: context.fresh().layer)
    lines = _ArgumentLines(context)
    blamed: Callable[[], Location | None] = partial(lines.saving, _not_plain(given))
    try:
        config, _ = context.round_trip.saved
        blamed = lines.loading
        clone, received = context.round_trip.loaded
    except Exception as error:
        failure = context.failure(error, "config")
        failure = replace(failure, message=_first_paragraph(failure.message))
        where = failure.location or blamed()
        yield Breach(kind="refused", subject=_not_plain(given), failure=failure, location=where)
        return
    kind: BreachKind
    for name in filter(received.__contains__, given):
        before, now = given[name], received[name]
        if name not in config and not _same(before, now):
            kind, where = "dropped", lines.saving(None)
        elif _changed(name, before, now, original, clone) and not _is_one_axis(
            context, before, now
        ):
            kind, where = "changed", lines.changing(name, before, original, config)
        else:
            continue
        yield Breach(
            kind=kind,
            subject=name,
            expected=_shown(before),
            received=_shown(now),
            location=where,
        )


class _ArgumentLines:
    """The lines of a class on which its arguments can be lost."""

    def __init__(self, context: Context) -> None:
        self._bench = context

    @cached_property
    def _get_config(self) -> Method | None:
        """The author's own method; none where it was written for the arguments of a base class."""
        kind = self._bench.kind
        inherits = _depth(kind, "get_config") > _depth(kind, "__init__")
        return None if inherits else self._method("get_config")

    @cached_property
    def _from_config(self) -> Method | None:
        return self._method("from_config")

    def saving(self, name: str | None) -> Location | None:
        """Return the line that puts an argument into the config, or that makes the config."""
        if self._get_config is None:
            return self._bench.method_line("__init__", "get_config")
        return (name and self._get_config.entry(name)) or self._get_config.collecting()

    def loading(self) -> Location | None:
        """Return the line that makes a layer of a config."""
        if self._from_config is None:
            return self._bench.method_line("__init__", "get_config")
        return self._from_config.returning()

    def changing(
        self, name: str, before: Any, original: Any, config: dict[str, Any]
    ) -> Location | None:
        """Return the line that changes an argument: on its way in, to the config, or back."""
        saved = config.get(name)
        if _is_equal(saved, before):
            entry = self._from_config.entry(name) if self._from_config else None
            return entry or self.loading()
        kept = [vars(original)[own] for own in (name, f"_{name}") if own in vars(original)]
        if any(_is_equal(saved, value) for value in kept):
            assigned = self._bench.assignments.of_attribute(self._bench.kind, name)
            return assigned or self._bench.method_line("__init__")
        return self.saving(name)

    def _method(self, name: str) -> Method | None:
        place = self._bench.method_line(name)
        return Method(self._bench.kind, name, place) if place else None


def _depth(kind: type, name: str) -> int:
    """Return how far up the base classes a method is defined."""
    return next(depth for depth, base in enumerate(kind.__mro__) if name in vars(base))


def _same(before: Any, now: Any) -> bool:
    if before is now:
        return True
    if _is_plain(before) and _is_plain(now):
        return equal(_plain(before), _plain(now))
    if before is None or now is None:
        return False
    return type(before) is type(now) or isinstance(before, dict) or isinstance(now, dict)


def _changed(name: str, before: Any, now: Any, original: Any, clone: Any) -> bool:
    """Whether plain values differ, and the two layers keep different values because of it."""
    if not (_is_plain(before) and _is_plain(now)) or _is_equal(before, now):
        return False
    if _is_one_activation(keras_of(original), before, now):
        return False
    first, second = attributes_of(original), attributes_of(clone)
    paths = [path for path in (f"self.{name}", f"self._{name}") if path in first]
    for path in paths or first:
        one, other = first[path], second.get(path)
        comparable = bool(paths) or not isinstance(one.value, np.ndarray)
        if comparable and (other is None or not equal(one.value, other.value)):
            return True
    return False


def _is_equal(one: Any, other: Any) -> bool:
    return _is_plain(one) and _is_plain(other) and equal(_plain(one), _plain(other))


def _is_one_activation(keras: Any, before: Any, now: Any) -> bool:
    """Whether both are names that Keras has for one function, as ``swish`` and ``silu`` are."""
    if not (isinstance(before, str) and isinstance(now, str)):
        return False
    try:
        return keras.activations.get(before) is keras.activations.get(now)
    except Exception:
        return False


def _is_one_axis(context: Context, before: Any, now: Any) -> bool:
    """Whether an axis counted from the end comes back counted from the start."""
    if type(before) is not int or type(now) is not int:
        return False
    return before < 0 <= now and now - before in {array.ndim for array in context.subject.arrays}


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (*NUMBERS, np.ndarray, tf.Tensor))


def _plain(value: Any) -> Any:
    if isinstance(value, tf.Tensor):
        return value.numpy()
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return value


def _not_plain(given: dict[str, Any]) -> str | None:
    """Return the first argument that the automatic config cannot hold."""
    simple = (str, int, float, bool, type(None))
    for name, value in given.items():
        if not all(isinstance(leaf, simple) for leaf in tf.nest.flatten(value)):
            return name
    return None


def _first_paragraph(words: str) -> str:
    """Return the first paragraph as one line: Keras breaks its messages in mid-sentence."""
    return " ".join(words.strip().partition("\n\n")[0].split())


def _shown(value: Any) -> str:
    if isinstance(value, (np.ndarray, tf.Tensor)):
        return f"an array of shape {tuple(value.shape)}"
    words = repr(value)
    if " at 0x" in words:
        return f"a {type(value).__name__}"
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
