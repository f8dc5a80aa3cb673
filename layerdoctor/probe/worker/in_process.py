"""A layer that exists already, examined in its own process and left as it was."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
import tensorflow as tf

from layerdoctor.facts import TargetError
from layerdoctor.probe.contents.assignments import Assignments
from layerdoctor.probe.contents.object_walk import ObjectWalk
from layerdoctor.probe.examination.examination import Examination
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.hooks.frames import traceback_text
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.loading import LayerSource, NothingToExamine
from layerdoctor.probe.layer.subject import Snapshot
from layerdoctor.protocol import Message, Observed, observed
from layerdoctor.target import Target
from layerdoctor.user_code import Author


def examine(layer: Any, target: Target) -> dict[str, Any]:
    """Return the fields of the layer's facts; its weights and state are as before afterwards.

    What would need another construction is not run. A layer that was not built is built afterwards.
    """
    fields: dict[str, Any] = {"target": target.target}

    def note(message: Message) -> None:
        if isinstance(message, Observed):
            fields.update(msgspec.to_builtins(message.fields))

    source = LayerSource(sys.modules[type(layer).__module__], layer)
    try:
        if framework.framework_of(type(layer)) is None:
            raise NothingToExamine("not-a-layer", f"received a {type(layer).__name__}")
        with _left_as_it_was(layer, target):
            Examination(target, note, source=source).run()
    except NothingToExamine as nothing:
        note(observed(status="error", error=nothing.error))
    except Exception as error:
        words = f"{type(error).__name__} inside layerdoctor"
        whole = traceback_text(error, whole=True)
        fault = TargetError(kind="internal", message=words, traceback=whole)
        note(observed(status="error", error=fault))
    return fields


@contextmanager
def _left_as_it_was(layer: Any, target: Target) -> Iterator[None]:
    """Put back the variables, the attributes and the global generators when the block ends."""
    variables = Snapshot.of(_variables(layer, target))
    attributes = [(part, _contents(part)) for part in (layer, *framework.sublayers_of(layer))]
    generators = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(generators[0])
        np.random.set_state(generators[1])
        for part, contents in attributes:
            _put_back(part, contents)
        variables.restore()


def _variables(layer: Any, target: Target) -> list[tf.Variable]:
    """Return the variables that the layer tracks or holds, each once."""
    author = Author(target.app_dirs)
    held = [item.thing for item in ObjectWalk(layer, author, Assignments(author)).walk()]
    found = map(as_tf_variable, [*framework.known_variables(layer), *held])
    return list({id(item): item for item in found if isinstance(item, tf.Variable)}.values())


def _contents(part: Any) -> dict[str, tuple[Any, Any]]:
    """Return each attribute with a copy of what it holds, where it is a container or an array."""
    return {name: (held, _copy(held)) for name, held in vars(part).items()}


def _copy(held: Any) -> Any:
    if isinstance(held, np.ndarray):
        return held.copy()
    for kind in (dict, list, set):
        if isinstance(held, kind):
            return kind(held)
    return None


def _put_back(part: Any, contents: dict[str, tuple[Any, Any]]) -> None:
    for name in [name for name in vars(part) if name not in contents]:
        vars(part).pop(name)
    for name, (held, copy) in contents.items():
        vars(part)[name] = held
        if isinstance(copy, np.ndarray):
            held[...] = copy
        elif isinstance(copy, dict) and dict(held) != copy:
            dict.clear(held)
            dict.update(held, copy)
        elif isinstance(copy, list) and list(held) != copy:
            list.__setitem__(held, slice(None), copy)
        elif isinstance(copy, set) and set(held) != copy:
            set.clear(held)
            set.update(held, copy)
