"""Whether the layer can be called on the symbolic inputs of Keras's functional API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.models.functional import SymbolicCall
from layerdoctor.probe.contract.outcome import Skipped

PROMISE = "compute_output_shape"
NO_SHAPE = "to a shape"
"""What Keras says it cannot make of what that method returns, with no line of the author's."""


def check(context: Context) -> Iterator[Breach]:
    """Yield what a fresh layer raises when its first call is on inputs of an unknown batch size."""
    context.need_keras("has no symbolic call")
    found = context.first_symbolic_call
    if isinstance(found, SymbolicCall):
        return
    nature = _cannot_be_symbolic(context)
    if nature is not None:
        raise Skipped(nature)
    failure = context.failure(found, "symbolic")
    promise = context.method_line(PROMISE) if NO_SHAPE in failure.message else None
    where = failure.location or promise or context.call_line
    op = PROMISE if promise else None
    yield Breach(kind="raised", failure=failure, location=where, op=op)


def _cannot_be_symbolic(context: Context) -> str | None:
    """Return why such a layer has no symbolic call, where its inputs or outputs say it."""
    if any(array.dtype.kind in "OSU" for array in context.subject.arrays):
        return "it takes strings"
    if getattr(context.layer, "dynamic", False) is True:
        return "the layer is declared `dynamic=True`"
    leaves = tf.nest.flatten(context.returned)
    if not leaves:
        return "it returns no tensor"
    for leaf in leaves:
        if not _is_dense(leaf):
            return f"it returns a {type(leaf).__name__}, which has no symbolic form"
    return None


def _is_dense(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and not isinstance(leaf, tf.__internal__.CompositeTensor)
