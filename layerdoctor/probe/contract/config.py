"""Whether the layer's config brings back every argument of its constructor."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.attributes import NUMBERS, attributes_of, equal
from layerdoctor.probe.contract.bench import Bench
from layerdoctor.probe.contract.functional import custom_objects, keras_of

LONGEST = 60


def check(bench: Bench) -> Iterator[Breach]:
    """Yield the arguments that are dropped or changed, or what saving and loading raise."""
    bench.need_keras("has no config")
    where = bench.method_line("get_config", "from_config", "__init__")
    given: dict[str, Any] = {}
    original = bench.layer
    if bench.workshop.reusable:
        original, given = construction(bench.kind, lambda: bench.fresh().layer)
    try:
        config, (clone, received) = _round_trip(bench)
    except Exception as error:
        failure = bench.failure(error, "config")
        failure = replace(failure, message=_first_paragraph(failure.message))
        where = failure.location or where
        yield Breach(kind="refused", subject=_not_plain(given), failure=failure, location=where)
        return
    for name in given.keys() & received.keys():
        before, now = given[name], received[name]
        if name not in config and not _same(before, now):
            kind = "dropped"
        elif _changed(name, before, now, original, clone):
            kind = "changed"
        else:
            continue
        yield Breach(
            kind=kind,
            subject=name,
            expected=_shown(before),
            received=_shown(now),
            location=where,
        )


def construction(kind: type, make: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """Return what was made, and the arguments that its class's own ``__init__`` was given.

    The arguments are seen by a profiler, as they arrive with the defaults filled in.
    """
    function = inspect.unwrap(inspect.getattr_static(kind, "__init__"))
    code = getattr(function, "__code__", None)
    seen: list[dict[str, Any]] = []

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        del arg
        if event == "call" and frame.f_code is code:
            seen.append(dict(frame.f_locals))

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        made = make()
    finally:
        sys.setprofile(before)
    own = [found for found in seen if any(value is made for value in found.values())]
    return made, _arguments(function, own[0] if own else {})


def _arguments(function: Any, found: dict[str, Any]) -> dict[str, Any]:
    if not found:
        return {}
    parameters = list(inspect.signature(function).parameters.values())[1:]
    spread = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    names = [item.name for item in parameters if item.kind not in spread and item.name != "name"]
    return {name: found[name] for name in names if name in found}


def _round_trip(bench: Bench) -> tuple[dict[str, Any], tuple[Any, dict[str, Any]]]:
    keras = keras_of(bench.layer)
    saving = keras.saving
    objects = custom_objects(bench.layer)
    with saving.custom_object_scope(objects):
        config = bench.layer.get_config()
        written = json.dumps(saving.serialize_keras_object(bench.layer))
        read = json.loads(written)
        read.pop("build_config", None)
        return config, construction(
            bench.kind, lambda: saving.deserialize_keras_object(read, safe_mode=False)
        )


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
    if not (_is_plain(before) and _is_plain(now)) or equal(_plain(before), _plain(now)):
        return False
    first, second = attributes_of(original), attributes_of(clone)
    paths = [path for path in (f"self.{name}", f"self._{name}") if path in first]
    for path in paths or first:
        one, other = first[path], second.get(path)
        comparable = bool(paths) or not isinstance(one.value, np.ndarray)
        if comparable and (other is None or not equal(one.value, other.value)):
            return True
    return False


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
