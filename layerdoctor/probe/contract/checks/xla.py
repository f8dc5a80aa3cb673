"""Whether XLA can compile the training step, which ``fit`` asks of it on a GPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import kernels

from layerdoctor.facts import Breach, Failure, Location, Stage
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import line_of, operations
from layerdoctor.probe.contract.models.lowering import lower
from layerdoctor.probe.contract.models.training import Fit
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.failures import message_of

PIPELINE = ("DataLayer", "TFDataLayer")
"""What Keras calls its base class of the layers that prepare data."""
NO_KERNEL = re.compile(r"(\w+) \(No registered '\w+' OpKernel")
NODE = re.compile(r"\{\{node ([^}]+)\}\}")
INPUT = "_Arg"
"""What stands for an input; of all types that an input can have, XLA has no strings."""
BACKWARD = "gradient_tape/"
"""What the names of the operations of a gradient begin with; that of the forward one follows."""


def check(context: Context) -> Iterator[Breach]:
    """Yield what XLA cannot compile."""
    if not context.is_keras_3:
        raise Skipped("only Keras 3 compiles without being asked")
    context.need_single_layer()
    if not all(layer.supports_jit for layer in framework.sublayers_of(context.layer)):
        raise Skipped("the layer says `supports_jit = False`")
    if any(kind.__name__ in PIPELINE for kind in context.kind.__mro__):
        raise Skipped("it is a layer for `tf.data`")
    trained = [fit for fit in context.fits if fit.error is None]
    if not trained:
        raise Skipped("the training step fails without XLA too")
    if _is_lowered(trained[0]):
        return
    try:
        step = trained[0].compiled_step()
    except Exception as error:
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise Skipped(f"the step cannot be traced for {context.batch} rows: {reason}") from None
    try:
        lower(step, trained[0].batch)
    except ValueError as error:
        yield _refused(context, step.graph, error)


def _is_lowered(fit: Fit) -> bool:
    """Whether XLA takes the very step that was trained, so that it needs no trace of its own."""
    with suppress(Exception):
        if (step := fit.traced_step()) is not None:
            lower(step, fit.batch)
            return True
    return False


def _refused(context: Context, graph: Any, error: ValueError) -> Breach:
    words = message_of(error).partition("'")[2]
    kernel = NO_KERNEL.search(words)
    node = NODE.search(str(error))
    op = kernel[1] if kernel else _using_resource(graph)
    first_sentence = words.strip().partition("\n")[0].partition(". ")[0].rstrip(".")
    message = f"it has no kernel for `{op}`" if op else first_sentence
    if op == INPUT:
        message = "it takes no strings, which the layer is given"
    location = _line(context, graph, op, node[1] if node else "") or context.call_line
    failure = Failure(
        stage=Stage.CONTRACT, kind="raised", message=message, location=location, check="xla"
    )
    return Breach(kind="xla", op=op, failure=failure, location=location)


def _using_resource(graph: Any) -> str | None:
    """Return the first operation on a resource, such as a lookup table, that XLA has no kernel for.

    Lowering fails before XLA looks for one: it takes every resource for a variable.
    """
    for each, _ in operations(graph):
        if any(tensor.dtype == tf.resource for tensor in each.inputs):
            devices = {
                k.device_type for k in kernels.get_registered_kernels_for_op(each.type).kernel
            }
            if devices and not any(device.startswith("XLA") for device in devices):
                return str(each.type)
    return None


def _line(context: Context, graph: Any, op: str | None, node: str) -> Location | None:
    """Return the author's line of the operation of this name, or of this type."""
    every = list(operations(graph))
    found = [each for each, _ in every if each.name == node]
    if node.startswith(BACKWARD):
        name = node.removeprefix(BACKWARD)
        forward = {each.name: each for _, each in every if name.startswith(f"{each.name}/")}
        found = [forward[longest] for longest in sorted(forward, key=len, reverse=True)]
        scope = name.rpartition("/")[0]
        alike = (each for each, _ in every if each.name.rpartition("/")[0] == scope)
        found += [each for each in alike if (op or "").startswith(each.type)]
    elif not found:
        found = [each for each, _ in every if each.type == op]
    lines = (line_of(each, context.author) for each in found)
    return next((line for line in lines if line is not None), None)
