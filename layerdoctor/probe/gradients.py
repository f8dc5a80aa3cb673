"""Which variables the forward pass reads, and how the gradient reaches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.author import Author
from layerdoctor.facts import Gradient, Location, Step
from layerdoctor.probe import framework
from layerdoctor.probe.creation import handle_id
from layerdoctor.probe.dataflow import Cut, Flow
from layerdoctor.probe.recording import Operation, Recorder, functions_inlined
from layerdoctor.probe.subject import Subject

STOPS = ("StopGradient", "PreventGradient")
PLUMBING = ("ReadVariableOp", "Identity", "Cast")
"""Operations that a path does without: nobody wrote them."""
KERAS_OPS = "/keras/src/ops/"


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One variable to differentiate by, and what to call it."""

    variable: Any
    attribute: str
    trainable: bool

    @property
    def id(self) -> int:
        """The identity of its handle."""
        return handle_id(self.variable)

    @property
    def is_float(self) -> bool:
        """Whether it can have a gradient."""
        return bool(self.variable.dtype.is_floating or self.variable.dtype.is_complex)


@dataclass(slots=True)
class Pass:
    """One forward and backward pass, and everything seen on the way."""

    flow: Flow
    inputs: list[Any]
    outputs: list[Any]
    """Every tensor that comes out, the terms of ``layer.losses`` last."""
    returned: int
    """How many of the outputs the call returned."""
    gradients: dict[int, Any]
    """By the identity of a variable's handle or of a tensor: the gradient, or None."""
    intermediates: dict[int, Any]
    """The gradients at the tensors in between, where they were kept."""
    training: bool | None

    @property
    def ends(self) -> list[int]:
        """The identities of the outputs."""
        return [tensor._id for tensor in self.outputs]


def differentiate(
    subject: Subject,
    variables: Sequence[Any],
    constants: Sequence[Any] = (),
    *,
    training: bool | None = True,
    arrays: Sequence[Any] | None = None,
    keep: bool = False,
) -> Pass:
    """Call the layer once and differentiate a random functional of its outputs and losses.

    ``variables`` are ``tf.Variable`` objects, ``constants`` eager float tensors. With ``keep``,
    gradients are also taken at every intermediate tensor. Raises what the layer raises.
    """
    inputs = subject.tensors(arrays)
    with tf.GradientTape() as tape:
        for tensor in (*inputs, *constants, *variables):
            if tensor.dtype.is_floating or tensor.dtype.is_complex:
                tape.watch(tensor)
        recorder = Recorder(tape if keep else None)
        with functions_inlined(), recorder.record() as recording:
            returned = framework.flatten(subject.run(inputs, training=training))
            losses = framework.losses_of(subject.layer)
        returned = [_as_tensor(item) for item in returned]
        outputs = [item for item in (*returned, *map(_as_tensor, losses)) if item is not None]
        objective = _objective(outputs, subject.target.seed)
    flow = Flow(recording)
    kept = list(recording.tensors.items()) if keep else []
    sources = [*variables, *constants, *_floats(inputs), *(tensor for _, tensor in kept)]
    if objective is None:
        found: list[Any] = [None] * len(sources)
    else:
        found = tape.gradient(objective, sources)
    split = len(sources) - len(kept)
    return Pass(
        flow=flow,
        inputs=inputs,
        outputs=outputs,
        returned=sum(item is not None for item in returned),
        gradients={identity(s): g for s, g in zip(sources[:split], found[:split], strict=True)},
        intermediates={i: g for (i, _), g in zip(kept, found[split:], strict=True)},
        training=training,
    )


def identity(source: Any) -> int:
    """Return what a recording calls a variable (its handle) or a tensor."""
    return handle_id(source) if isinstance(source, tf.Variable) else int(source._id)


def _floats(tensors: Sequence[Any]) -> list[Any]:
    return [tensor for tensor in tensors if tensor.dtype.is_floating]


def _as_tensor(item: Any) -> Any:
    """Return the values of an output as a tensor; None for what has none."""
    if isinstance(item, tf.Tensor):
        return item
    if isinstance(item, tf.SparseTensor):
        return item.values
    if isinstance(item, tf.RaggedTensor):
        return item.flat_values
    if isinstance(item, (int, float, complex, bool, np.ndarray, np.generic)):
        return None
    try:
        return tf.convert_to_tensor(item)
    except Exception:
        return None


def _objective(outputs: Sequence[Any], seed: int) -> Any:
    """Return the sum of every float output under a random cotangent; None without a float."""
    generator = np.random.default_rng(seed + 1)
    terms = []
    for output in outputs:
        if not (output.dtype.is_floating or output.dtype.is_complex):
            continue
        kind = tf.float64 if output.dtype in (tf.float64, tf.complex128) else tf.float32
        cotangent = tf.constant(_away_from_zero(generator, output.shape), kind)
        values = tf.cast(tf.math.real(output), kind)
        terms.append(tf.cast(tf.reduce_sum(values * cotangent), tf.float64))
    return tf.add_n(terms) if terms else None


def _away_from_zero(generator: np.random.Generator, shape: Any) -> Any:
    """Return random numbers between 0.5 and 1.5 of either sign: no output counts for nothing."""
    size = tuple(shape)
    return generator.uniform(0.5, 1.5, size) * generator.choice((-1.0, 1.0), size)


def dense(gradient: Any) -> Any:
    """Return a gradient as an array, sparse ones included."""
    return tf.convert_to_tensor(gradient).numpy()


def status_of(gradient: Any) -> tuple[str, float | None]:
    """Return the status and the norm of a gradient that may be None."""
    if gradient is None:
        return "none", None
    values = np.asarray(dense(gradient))
    values = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)
    if not np.isfinite(values).all():
        return "nonfinite", None
    norm = float(f"{np.linalg.norm(values.ravel()):.3g}")
    return ("flows", norm) if values.any() else ("zero", 0.0)


def explain(found: Pass, start: int, author: Author) -> Gradient:
    """Say why no gradient reaches the variable or tensor ``start``; the pass has to have ``keep``."""
    flow = found.flow
    if not flow.used(start):
        return Gradient(status="none", cause="unused")
    reached = flow.reached_from([start])
    if reached.isdisjoint(found.ends):
        return _lost(flow, reached, author)
    cuts = flow.cuts(reached, lambda t: found.intermediates.get(t) is not None, found.ends)
    if not cuts:
        cuts = [Cut(next(flow.users(start)), False)]
        return _ended(cuts[0], Gradient(status="none", cause="stopped"), author)
    cut = _telling(cuts)
    path = path_to(flow, start, cut.operation, author)
    return _ended(cut, Gradient(status="none", cause=_cause(cut), path=path), author)


def locate(
    found: Pass, start: int, good: Callable[[Any], bool], gradient: Gradient, author: Author
) -> Gradient:
    """Return the gradient with the operation behind which it is no longer ``good``.

    Used for gradients that are there but zero or not finite; the pass has to have ``keep``.
    """
    flow = found.flow
    reached = flow.reached_from([start])
    kept = found.intermediates
    cuts = flow.cuts(reached, lambda t: kept.get(t) is not None and good(kept[t]), found.ends)
    if not cuts:
        return gradient
    path = path_to(flow, start, cuts[0].operation, author)
    return _ended(cuts[0], replace(gradient, path=path), author)


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
    return last.type, author.location(list(last.stack), last.type)


def _is_inf(tensor: Any) -> Any:
    return tf.math.logical_not(tf.math.is_finite(tensor))


def _any(test: Callable[[Any], Any], tensor: Any) -> bool:
    if tensor.dtype.is_complex:
        tensor = tf.math.abs(tensor)
    return bool(tf.reduce_any(test(tensor)))


def _telling(cuts: Sequence[Cut]) -> Cut:
    """Return the cut to tell of: one that is no explicit stop, where there is one."""
    return next((cut for cut in cuts if cut.operation.type not in STOPS), cuts[0])


def _cause(cut: Cut) -> str:
    if cut.operation.type in STOPS or cut.operation.stopped or _is_custom(cut.operation):
        return "stopped"
    if "PyFunc" in cut.operation.type:
        return "left-tensorflow"
    return "cut"


def _is_custom(operation: Operation) -> bool:
    """Whether it hands on the result of a custom gradient: nothing else stops at an identity."""
    return operation.type in ("Identity", "IdentityN")


def _ended(cut: Cut, gradient: Gradient, author: Author) -> Gradient:
    operation = cut.operation
    where = author.location(list(operation.stack), operation.type)
    return replace(gradient, op=called(operation), location=where)


def called(operation: Operation) -> str:
    """Return what the author called: a function of ``keras.ops``, else the operation itself."""
    for frame in operation.stack:
        if KERAS_OPS in frame.filename.replace("\\", "/") and not frame.name.startswith("_"):
            return f"ops.{frame.name}"
    return operation.type


def _lost(flow: Flow, reached: set[int], author: Author) -> Gradient:
    """Say what became of values that reach no output: left for Python, or discarded."""
    left = [item for item in flow.recording.departures if item.tensor in reached]
    if left:
        where = author.location(list(left[0].stack))
        return Gradient(status="none", cause="left-tensorflow", op="numpy", location=where)
    last = [op for op in flow.recording.operations if not reached.isdisjoint(op.inputs)][-1]
    where = author.location(list(last.stack), last.type)
    return Gradient(status="none", cause="discarded", op=called(last), location=where)


def path_to(flow: Flow, start: int, last: Operation, author: Author) -> tuple[Step, ...]:
    """Return the author's own steps from a variable to the operation that cuts its gradient."""
    ways = (flow.path(start, tensor) for tensor in last.inputs if tensor != start)
    way = min((way for way in ways if way), key=len, default=[])
    steps: list[Step] = []
    for operation in way:
        location = author.location(list(operation.stack), operation.type)
        step = Step(op=called(operation), location=_bare(location))
        if operation.type not in PLUMBING and step not in steps[-1:]:
            steps.append(step)
    end = author.location(list(last.stack), last.type)
    steps.append(Step(op=called(last), location=_bare(end), cut=True))
    return tuple(steps)


def _bare(location: Location | None) -> Location | None:
    return location and Location(file=location.file, line=location.line)
