"""Whether the layer follows the policy ``mixed_float16``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.comparing import changed_arrays, tensor_leaves
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import in_plain_graph, is_symbolic, line_of, specs_of
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject

POLICY = "mixed_float16"
NO_KERNEL = re.compile(
    r"not in the list of allowed values|Unsupported dtype|No OpKernel"
    r"|Could not find device for node|float32(?:,| or| and) (?:tf\.)?float64"
)
"""The words of TensorFlow where an operation has no half-precision kernel."""


def check(context: Context) -> Iterator[Breach]:
    """Yield what a layer made under the policy raises, and outputs of another float type.

    The layer is traced, not run: what its types do together shows there.
    """
    context.need_keras("knows no policy")
    context.need_single_layer()
    if isinstance(context.trace(False), Exception):
        raise Skipped("the layer cannot be traced")
    trains = context.subject.has_training and not isinstance(context.trace(True), Exception)
    with _policy(framework.keras_of(context.layer)), context.states_kept():
        training = False
        try:
            subject = _as_fed(context.fresh())
            if chosen := _chosen_type(subject.layer):
                raise Skipped(f"the layer chooses its own type, {chosen}")
            inputs, returned = _traced(context, subject)
            training = trains
            if training:
                _traced(context, _as_fed(context.fresh()), training=True)
        except Skipped:
            raise
        except Exception as error:
            yield _raised(context, error, training)
            return
    given = {id(tensor) for tensor in inputs}
    for leaf in filter(is_symbolic, tensor_leaves(returned)):
        is_other = leaf.dtype.is_floating and leaf.dtype != tf.float16
        if is_other and id(leaf) not in given and not _is_part_of_complex(leaf):
            yield _other_type(context, leaf)
            return


def _chosen_type(layer: Any) -> str | None:
    """Return the float type that the author has given to the layer or to a part of it."""
    types = [getattr(each, "compute_dtype", None) for each in framework.sublayers_of(layer)]
    chosen = [kind for kind in types if kind and tf.as_dtype(kind).is_floating]
    return next((kind for kind in chosen if kind != tf.float16.name), None)


def _raised(context: Context, error: Exception, training: bool) -> Breach:
    failure = replace(context.failure(error, "mixed_precision"), training=training)
    if NO_KERNEL.search(failure.message):
        raise Skipped(f"no half-precision kernel: {failure.message}") from None
    return Breach(kind="raised", failure=failure, location=failure.location)


def _traced(
    context: Context, subject: Subject, *, training: bool | None = None
) -> tuple[list[Any], Any]:
    """Trace the layer; where its first call cannot be traced, call another one eagerly before."""
    specs = specs_of(subject.tensors())
    try:
        return in_plain_graph(subject, specs, training=training)
    except Exception:
        second = _as_fed(context.fresh())
        second.run(training=False)
        return in_plain_graph(second, specs, training=training)


def _as_fed(subject: Subject) -> Subject:
    """Return the subject with the types that other layers under the policy hand on to it.

    Keras 2 casts the first input alone, and takes the others as they come.
    """
    if subject.framework == "keras":
        return subject
    arrays = [*subject.arrays[:1], *changed_arrays(subject.arrays[1:], _half)]
    return replace(subject, arrays=arrays, call_args=changed_arrays(subject.call_args, _half))


def _half(array: Any) -> Any:
    return array.astype(np.float16) if array.dtype == np.float32 else array


@contextmanager
def _policy(keras: Any) -> Iterator[None]:
    api = keras.mixed_precision
    read = getattr(api, "global_policy", None) or api.dtype_policy
    before = read()
    api.set_global_policy(POLICY)
    try:
        yield
    finally:
        api.set_global_policy(before)


def _other_type(context: Context, leaf: Any) -> Breach:
    """Return the breach, with the author's own cast to that type if the output comes from one."""
    cast, last = _cast_behind(context, leaf)
    return Breach(
        kind="dtype",
        expected=tf.float16.name,
        received=leaf.dtype.name,
        op=(cast.call or "cast") if cast else None,
        location=cast or last or context.call_line,
    )


def _is_part_of_complex(leaf: Any) -> bool:
    """Whether the output comes from complex numbers, which have no half precision."""
    todo, seen = [leaf.op], set()
    while todo:
        operation = todo.pop()
        if operation.name in seen:
            continue
        seen.add(operation.name)
        if any(item.dtype.is_complex for item in operation.inputs):
            return True
        todo += [item.op for item in operation.inputs if item.dtype == leaf.dtype]
    return False


def _cast_behind(context: Context, leaf: Any) -> tuple[Location | None, Location | None]:
    todo, seen = [leaf.op], set()
    last = None
    while todo:
        operation = todo.pop(0)
        if operation.name in seen:
            continue
        seen.add(operation.name)
        line = line_of(operation, context.author)
        last = last or line
        if operation.type == "Cast" and line is not None:
            return line, last
        todo += [item.op for item in operation.inputs if item.dtype == leaf.dtype]
    return None, last
