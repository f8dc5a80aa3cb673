"""Why a gradient is not there, is zero or is not finite: the operation and the author's line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Cause, Failure, Gradient, Location, Stage, Step
from layerdoctor.probe.gradient.dataflow import Cut, Flow
from layerdoctor.probe.gradient.passes import Pass
from layerdoctor.probe.hooks.conversions import Conversion
from layerdoctor.probe.hooks.recording import OPAQUE, Operation
from layerdoctor.user_code import Author, Frame

STOPS = ("StopGradient", "PreventGradient")
SIZES = ("Shape", "ShapeN", "Size", "Rank")
SHAPES = (*SIZES, "ZerosLike", "OnesLike")
"""Operations that look at the shape of a value and never at the value."""
PLUMBING = ("ReadVariableOp", "Identity", "Cast")
"""Operations that a path does without: nobody wrote them."""
KERAS = "/keras/src/"
KERAS_OPS = "/keras/src/ops/"


def explain(found: Pass, start: int, author: Author, trained: Collection[int] = ()) -> Gradient:
    """Say why no gradient reaches the variable or tensor ``start``, from a pass with ``keep``.

    ``trained`` are the handles of all trainable variables, of which those are counted that the
    operation that ends the gradient is computed from.
    """
    flow = found.flow
    is_used = flow.used(start)
    if found.in_graph or not is_used:
        return Gradient(status="none", cause="cut" if is_used else "unused")
    reached = flow.reached_from([start])
    cuts = flow.cuts(reached, found.is_reached, found.ends)
    if all(cut.operation.type in SHAPES for cut in cuts):
        departed = [item for item in flow.recording.conversions if item.tensor in reached]
        if departed:
            return _departed(found, departed[0], author)
        if cuts and all(cut.operation.type in SIZES for cut in cuts):
            return _only_its_shape(found, start, cuts, author)
    if reached.isdisjoint(found.ends):
        return _discarded(flow, reached, author)
    if not cuts:
        cuts = [Cut(next(flow.users(start)), False)]
        return _ended(found, cuts[0], Gradient(status="none", cause="stopped"), author)
    cut, way = _nearest(flow, start, _telling(cuts), found.is_reached)
    path = _steps(found, [*way, cut.operation], author)
    upstream = len(flow.upstream(cut.operation).intersection(trained)) or None
    gradient = Gradient(
        status="none",
        cause=_cause(flow, cut),
        path=path,
        number=flow.number(cut.operation),
        upstream=upstream,
    )
    return _ended(found, cut, gradient, author)


def locate(
    found: Pass, start: int, good: Callable[[Any], bool], gradient: Gradient, author: Author
) -> Gradient:
    """Return the gradient with the operation behind which it is no longer ``good``.

    Used for gradients that are there but zero or not finite; the pass has to have ``keep``.
    """
    cuts = ends_of_good(found, start, good)
    # a choice made of the value hands nothing back, but a gradient that is there came another way
    cuts = [cut for cut in cuts if not cut.selector] or cuts
    if not cuts:
        return gradient
    kept, values = found.intermediates, found.flow.recording.tensors
    made_nonfinite = [cut for cut in cuts if found.backward.makes_nonfinite(cut.operation, values)]
    cut, way = _nearest(
        found.flow,
        start,
        made_nonfinite or cuts,
        lambda t: kept.get(t) is not None and good(kept[t]),
    )
    path = _steps(found, [*way, cut.operation], author)
    return _ended(found, cut, replace(gradient, path=path), author)


def ends_of_good(found: Pass, start: int, good: Callable[[Any], bool]) -> list[Cut]:
    """Return the operations behind which the gradient at ``start`` is no longer ``good``."""
    kept = found.intermediates
    reached = found.flow.reached_from([start])
    return found.flow.cuts(reached, lambda t: kept.get(t) is not None and good(kept[t]), found.ends)


def first_bad_value(found: Pass, end: int, author: Author) -> tuple[str, Location | None] | None:
    """Return the operation that made the first NaN or infinity on the way to an output.

    Goes back from the output through values that are not finite, through NaN rather than infinity,
    to an operation whose inputs do not have it yet; the pass has to have ``keep``.
    """
    values = found.flow.recording.tensors
    operation = found.flow.maker(end)
    last: Operation | None = None
    seen: set[int] = set()
    while operation is not None and id(operation) not in seen:
        seen.add(id(operation))
        last = operation
        made = [values[t] for t in operation.outputs if t in values]
        test = tf.math.is_nan if any(_any(tf.math.is_nan, tensor) for tensor in made) else _is_inf
        bad = [t for t in operation.inputs if t in values and _any(test, values[t])]
        operation = found.flow.maker(bad[0]) if bad else None
    if last is None:
        return None
    return last.type, author.location(last.frames, last.type)


def _is_inf(tensor: Any) -> Any:
    return tf.math.logical_not(tf.math.is_finite(tensor))


def _any(test: Callable[[Any], Any], tensor: Any) -> bool:
    if tensor.dtype.is_complex:
        tensor = tf.math.abs(tensor)
    return bool(tf.reduce_any(test(tensor)))


def _telling(cuts: Sequence[Cut]) -> Sequence[Cut]:
    """Return the cuts worth telling of: where there are any, no mere shapes and explicit stops."""
    ends = [cut for cut in cuts if cut.operation.type not in SHAPES] or cuts
    return [cut for cut in ends if cut.operation.type not in STOPS] or ends


def _nearest(
    flow: Flow, start: int, cuts: Sequence[Cut], good: Callable[[int], bool]
) -> tuple[Cut, list[Operation]]:
    """Return the cut that is nearest to where the way starts, and the operations up to it."""
    found = flow.first_cut(start, cuts, good)
    if found is not None:
        return found
    ways = (flow.path(start, tensor) for tensor in cuts[0].operation.inputs if tensor != start)
    return cuts[0], min(filter(None, ways), key=len, default=[])


def _cause(flow: Flow, cut: Cut) -> Cause:
    operation = cut.operation
    if operation.type == OPAQUE:
        return "cut"
    if operation.type in STOPS or operation.stopped or operation.custom:
        return "stopped"
    if operation.type == "Cast" and not flow.recording.integers.isdisjoint(operation.outputs):
        return "integer"
    return "left-tensorflow" if "PyFunc" in operation.type else "cut"


def _ended(found: Pass, cut: Cut, gradient: Gradient, author: Author) -> Gradient:
    op, where = _told(found, cut.operation, author)
    return replace(gradient, op=op, location=where)


def _told(found: Pass, operation: Operation, author: Author) -> tuple[str, Location | None]:
    """Return what the author called and where; the ways from many weights share operations."""
    if id(operation) not in found.told:
        where = author.location(operation.frames, operation.type)
        found.told[id(operation)] = called(operation, author), where
    return found.told[id(operation)]


def without_gradient(operation: Operation, author: Author) -> Failure:
    """Return the failure of a backward pass at an operation for which none is registered."""
    return Failure(
        stage=Stage.GRADIENT,
        kind="raised",
        exception="LookupError",
        message=f"gradient registry has no entry for: {operation.type}",
        location=author.location(operation.frames, operation.type),
    )


def called(operation: Operation, author: Author) -> str:
    """Return what the author called: a function of ``keras.ops``, else the operation itself."""
    frames = operation.frames
    for index in range(len(frames) - 1, author.frame(frames) or 0, -1):
        frame, caller = frames[index], frames[index - 1]
        public = _is_in(KERAS_OPS, frame) and not frame.name.startswith("_")
        if public and not _is_in(KERAS, caller):
            return f"ops.{frame.name}"
    return operation.type


def _is_in(folder: str, frame: Frame) -> bool:
    return folder in frame.filename.replace("\\", "/")


def _departed(found: Pass, conversion: Conversion, author: Author) -> Gradient:
    """Say where a value left for Python; where TensorFlow asked for it, what made it a choice."""
    flow, chosen = found.flow, None
    if conversion.asked_by_tensorflow and conversion.tensor not in flow.recording.floats:
        chosen = flow.leaving_floats(conversion.tensor)
    if chosen is not None:
        cut = Cut(chosen, True)
        return _ended(found, cut, Gradient(status="none", cause=_cause(flow, cut)), author)
    where = author.location(list(conversion.stack))
    return Gradient(status="none", cause="left-tensorflow", op="numpy", location=where)


def _only_its_shape(found: Pass, start: int, cuts: Sequence[Cut], author: Author) -> Gradient:
    """Say that a value is looked at for its shape: the variable's own, or of what it gives."""
    same = [start]
    for tensor in same:
        plumbing = (op for op in found.flow.users(tensor) if op.type in PLUMBING)
        same += [output for op in plumbing for output in op.outputs]
    computed = [cut for cut in cuts if set(same).isdisjoint(cut.operation.inputs)]
    cause: Cause = "discarded" if computed else "unused"
    return _ended(found, (computed or cuts)[0], Gradient(status="none", cause=cause), author)


def _discarded(flow: Flow, reached: set[int], author: Author) -> Gradient:
    last = [op for op in flow.recording.operations if not reached.isdisjoint(op.inputs)][-1]
    where = author.location(last.frames, last.type)
    return Gradient(status="none", cause="discarded", op=called(last, author), location=where)


def _steps(found: Pass, way: Sequence[Operation], author: Author) -> tuple[Step, ...]:
    """Return the author's own steps on a way that ends at the operation that cuts."""
    steps: list[Step] = []
    for operation in way:
        op, location = _told(found, operation, author)
        step = Step(op=op, location=_bare(location))
        is_last = operation is way[-1]
        if (is_last or operation.type not in PLUMBING) and step not in steps[-1:]:
            steps.append(step)
    return (*steps[:-1], replace(steps[-1], cut=True))


def _bare(location: Location | None) -> Location | None:
    return location and Location(file=location.file, line=location.line)
