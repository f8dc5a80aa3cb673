"""A layer or a class that exists in this process, examined here and left as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
import tensorflow as tf

from layerdoctor.facts import TargetError
from layerdoctor.notebooks.pieces import family
from layerdoctor.probe.contents.assignments import Assignments, file_of
from layerdoctor.probe.contents.object_walk import ObjectWalk
from layerdoctor.probe.examination.examination import Examination
from layerdoctor.probe.gradient.own_loss import Batch
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.hooks.frames import traceback_text
from layerdoctor.probe.hooks.logged_warnings import warnings_logged_no_more
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.loading import LayerSource, NothingToExamine
from layerdoctor.probe.layer.subject import Snapshot
from layerdoctor.probe.worker.few_lines import few_lines_shown
from layerdoctor.probe.worker.kept_globals import (
    exceptions_left_as_they_are,
    generators_kept,
    names_kept,
)
from layerdoctor.protocol import Message, Observed, observed
from layerdoctor.target import Target
from layerdoctor.user_code import Author, Nearness

NO_FILE = (
    "write `{name}` into a file, and import it from there: what lives in `{module}` no other "
    "process can import"
)
OWN_LOSS = "leave out `loss`: what it is taken of is only here"
COST = (
    "{reason}. `{name}` was examined in this process, where `state` is not run, since nothing else "
    "could load what is saved, constants are not compared between processes, and no time limit and "
    "no guard holds against a hang or a crash"
)


def examine(
    layer: Any, target: Target, batch: tuple[Any, Any, Any] | None = None
) -> dict[str, Any]:
    """Return the fields of the facts on a layer, or on a class of layers that only exists here.

    What would need another construction is not run for a layer, and what would need another process
    for neither. The weights and the state of a layer are as before afterwards, but one that was not
    built is built. Of a class the facts ask for a file, and say what is not run without one.
    The loss of a ``batch`` (inputs, targets, loss) is taken too.
    """
    fields: dict[str, Any] = {"target": target.target}
    kind = layer if isinstance(layer, type) else type(layer)

    def note(message: Message) -> None:
        if isinstance(message, Observed):
            fields.update(msgspec.to_builtins(message.fields, enc_hook=repr))

    try:
        if framework.framework_of(kind) is None:
            what = f"the class {kind.__name__}" if layer is kind else f"a {kind.__name__}"
            raise NothingToExamine("not-a-layer", f"received {what}; expected a layer")
        author = _authors_class(layer, target)
        file = file_of(author)
        piece = file if file and family(file) else None
        source = LayerSource(sys.modules[author.__module__], layer, piece)
        with _left_as_it_was(layer, target), few_lines_shown():
            Examination(target, note, source=source, batch=batch and Batch(*batch)).run()
    except NothingToExamine as nothing:
        note(observed(status="error", error=nothing.error))
    except Exception as error:
        words = f"{type(error).__name__} inside layerdoctor"
        whole = traceback_text(error, whole=True)
        fault = TargetError(kind="internal", message=words, traceback=whole)
        note(observed(status="error", error=fault))
    if layer is kind and fields.get("status") != "error":
        words = NO_FILE if batch is None else OWN_LOSS
        reason = words.format(name=kind.__name__, module=kind.__module__)
        cost = COST.format(reason=reason, name=kind.__name__)
        fields["asks"] = [*fields.get("asks", ()), cost]
    return fields


def _authors_class(layer: Any, target: Target) -> type:
    """Return the class whose file is the author's: the layer's own, or that of a layer in it.

    A model that was put together of layers is of a class of Keras's.
    """
    if isinstance(layer, type):
        return layer
    author = Author(target.app_dirs)

    def nearness(kind: type) -> tuple[bool, Nearness]:
        file = file_of(kind) or ""
        return family(file) is not None, author.nearness(file)

    own, *inner = dict.fromkeys(map(type, (layer, *framework.sublayers_of(layer))))
    is_keras = nearness(own) == (False, Nearness.LIBRARY)
    return max((own, *inner), key=nearness) if is_keras else own


@contextmanager
def _left_as_it_was(layer: Any, target: Target) -> Iterator[None]:
    """Put back the variables, the attributes and what is global when the block ends."""
    if isinstance(layer, type):
        with _globals_kept():
            yield
        return
    variables = Snapshot.of(_variables(layer, target))
    attributes = [(part, _contents(part)) for part in (layer, *framework.sublayers_of(layer))]
    try:
        with _globals_kept():
            yield
    finally:
        for part, contents in attributes:
            _put_back(part, contents)
        variables.restore()


@contextmanager
def _globals_kept() -> Iterator[None]:
    with (
        generators_kept(),
        names_kept(),
        warnings_logged_no_more(),
        exceptions_left_as_they_are(),
    ):
        yield


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
