"""Whether the layer promises the output shape that it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Breach, BreachKind, Location
from layerdoctor.probe.contract.config.method import Method
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import line_of
from layerdoctor.probe.contract.models.functional import SymbolicCall
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.layer import framework
from layerdoctor.wording import counted

Shape = tuple[int | None, ...]

METHODS: dict[BreachKind, str] = {
    "compute-output-shape": "compute_output_shape",
    "symbolic": "compute_output_spec",
}
"""The methods by which authors promise; of two, Keras 3 asks the second."""


def check(context: Context) -> Iterator[Breach]:
    """Yield each output whose promised shape does not go with the real one."""
    context.need_keras("promises no shape")
    real = shapes_of(context.returned)
    if any(shape is None for shape in real):
        raise Skipped("an output has no shape")
    promises = list(_promises(context))
    if not promises:
        raise Skipped("nothing promises a shape: the layer cannot be called symbolically")
    for kind, promised, batch_is_open in promises:
        breach = _compared(context, kind, promised, real, batch_is_open)
        if breach is not None:
            yield breach
            return


def _promises(context: Context) -> Iterator[tuple[BreachKind, list[Shape], bool]]:
    """Yield what is promised, for the batch size given and for an unknown one.

    A whole model was put together for the one, and promises no other.
    """
    own = framework.own_method(context.layer, "compute_output_shape")
    asked = own and not framework.own_method(context.layer, "compute_output_spec")
    kind: BreachKind = "compute-output-shape" if asked and context.is_keras_3 else "symbolic"
    calls = [(context.first_symbolic_call, True)]
    if not context.is_whole_model:
        calls.insert(0, (context.symbolic_call, False))
    for call, batch_is_open in calls:
        if isinstance(call, SymbolicCall):
            yield kind, shapes_of(call.outputs), batch_is_open
    if not own or context.is_keras_3 or context.is_whole_model:
        return
    if (promised := _keras_2_promise(context)) is not None:
        yield "compute-output-shape", promised, False


def _keras_2_promise(context: Context) -> list[Shape] | None:
    args, _ = context.subject.arguments(context.subject.tensors())
    if len(args) != 1:
        return None
    given = tf.nest.map_structure(lambda tensor: tensor.shape, args[0])
    try:
        promised = context.layer.compute_output_shape(given)
    except Exception as error:
        words = f"{type(error).__name__}: {first_line(error)}"
        raise Skipped(f"`compute_output_shape` raises {words}") from None
    return [tuple(tf.TensorShape(shape).as_list()) for shape in _shapes_in(promised)]


def _shapes_in(promised: Any) -> list[Any]:
    if isinstance(promised, tf.TensorShape) or _is_shape(promised):
        return [promised]
    items = promised.values() if isinstance(promised, dict) else promised
    return [shape for item in items for shape in _shapes_in(item)]


def _is_shape(promised: Any) -> bool:
    return isinstance(promised, (tuple, list)) and all(
        size is None or isinstance(size, int) for size in promised
    )


def shapes_of(structure: Any) -> list[Any]:
    """Return the shape of each leaf; None for a leaf that has none."""
    return [_shape(leaf) for leaf in tf.nest.flatten(structure) if leaf is not None]


def _shape(leaf: Any) -> Shape | None:
    shape = getattr(leaf, "shape", None)
    if shape is None or getattr(shape, "rank", 0) is None:
        return None
    return tuple(None if size is None else int(size) for size in tuple(shape))


def _compared(
    context: Context,
    kind: BreachKind,
    promised: list[Shape],
    real: list[Shape],
    batch_is_open: bool,
) -> Breach | None:
    if len(promised) != len(real):
        expected, received = counted(len(promised), "output"), f"{len(real)}"
        method, line = _promise_of(context, kind)
        place = line or context.call_line
        return Breach(kind=kind, op=method, expected=expected, received=received, location=place)
    for number, (said, is_) in enumerate(zip(promised, real, strict=True)):
        if said is None or _goes_with(said, is_, batch_is_open):
            continue
        method, line = _promise_of(context, kind)
        return Breach(
            kind=kind,
            subject=f"output {number}" if len(real) > 1 else None,
            op=method,
            expected=str(said),
            received=str(is_),
            location=line or _computing_line(context, number),
        )
    return None


def _promise_of(context: Context, kind: BreachKind) -> tuple[str | None, Location | None]:
    """Return the author's method that promises, and the line of its `return`, if there is one."""
    name = METHODS[kind]
    place = context.method_line(name)
    return (name, Method(context.kind, name, place).returning()) if place else (None, None)


def _computing_line(context: Context, number: int) -> Location | None:
    """Return the last line that computed an output, where it can be traced."""
    trace = context.trace(False)
    outputs = [] if isinstance(trace, Exception) else trace.graph.outputs
    operation = outputs[number].op if number < len(outputs) else None
    while operation is not None and operation.type != "Placeholder":
        line = line_of(operation, context.author)
        if line is not None:
            return line
        operation = operation.inputs[0].op if operation.inputs else None
    return context.call_line


def _goes_with(promised: Shape, real: Shape, batch_is_open: bool) -> bool:
    first = 1 if batch_is_open and real[:1] != promised[:1] and promised[:1] == (None,) else 0
    pairs = zip(promised[first:], real[first:], strict=False)
    return len(promised) == len(real) and all(said in (None, size) for said, size in pairs)
