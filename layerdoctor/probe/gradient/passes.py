"""Which variables the forward pass reads, and how the gradient reaches them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Location, Measured
from layerdoctor.probe.gradient.contributions import LARGEST, Contributions, contributions
from layerdoctor.probe.gradient.dataflow import Flow
from layerdoctor.probe.hooks.backward import Backward, gradients_in_graph
from layerdoctor.probe.hooks.creation import handle_id
from layerdoctor.probe.hooks.inlining import functions_inlined
from layerdoctor.probe.hooks.recording import Recorder, Recording
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject

PART = 2**20
"""How many numbers are looked at together: large arrays are not copied as a whole."""


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
        return _is_differentiable(self.variable)


@dataclass(frozen=True, slots=True)
class Run:
    """One forward pass: its inputs as arrays, and what is changed meanwhile."""

    arrays: Sequence[Any]
    changed: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(slots=True)
class Pass:
    """One backward pass, the forward passes it goes back through, and what was seen on the way."""

    flow: Flow
    backward: Backward
    inputs: list[Any]
    """Those of the first run, as are the outputs."""
    outputs: list[Any]
    """Every tensor that comes out, the terms of ``layer.losses`` last."""
    positions: list[int]
    """Which of the values that the call returned each output belongs to."""
    gradients: dict[int, Any]
    """By the identity of a variable's handle or of a tensor: the gradient, or None."""
    intermediates: dict[int, Any]
    """The gradients at the tensors in between, where they were kept."""
    training: bool | None
    in_graph: bool
    """Whether the gradients could only be taken in a graph, where nothing in between is seen."""
    contributions: Contributions | None = None
    """What came back to each input of each operation, where that was followed."""
    layers: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    """The first output of each layer that was asked for, by identity, and the gradient there."""
    told: dict[int, tuple[str, Location | None]] = field(default_factory=dict)
    """What the author called and on which line, by the identity of the operation, once asked."""
    _statuses: dict[int, tuple[Measured, float | None]] = field(default_factory=dict)

    def status(self, source: int) -> tuple[Measured, float | None]:
        """Return status and norm of the gradient at a variable's handle or a tensor."""
        if source not in self._statuses:
            self._statuses[source] = status_of(self.gradients.get(source))
        return self._statuses[source]

    @property
    def returned(self) -> int:
        """How many of the outputs the call returned."""
        return len(self.positions)

    @property
    def ends(self) -> list[int]:
        """The identities of the outputs."""
        return [tensor._id for tensor in self.outputs]

    def is_reached(self, tensor: int) -> bool:
        """Whether a gradient was kept at the tensor."""
        return self.intermediates.get(tensor) is not None

    def reaching(self, position: int) -> set[int]:
        """Return what a gradient at one returned value reaches: tensors and variables' handles."""
        reached: set[int] = set()
        for tensor, belongs in zip(self.outputs, self.positions, strict=False):
            if belongs == position:
                reached |= self.flow.differentiated(tensor._id, self.backward.passes)
        return reached


def differentiate(
    subject: Subject,
    variables: Sequence[Any],
    constants: Sequence[Any] = (),
    *,
    training: bool | None = True,
    runs: Sequence[Run] | None = None,
    keep: bool = False,
    look: bool = False,
    follow: bool = False,
    record: bool = True,
    layers: Collection[int] = (),
) -> Pass:
    """Call the layer for every run and take the gradients of outputs and losses, randomly weighed.

    The runs, one on the subject's own inputs unless given, share one backward pass: a gradient is
    the sum of theirs. ``variables`` are ``tf.Variable`` objects, ``constants`` eager float tensors.
    With ``keep``, gradients are also taken at every intermediate tensor; with ``look``, the
    operations are noted that make a gradient infinite or NaN; with ``follow``, what each operation
    hands back to each of its inputs; with ``layers``, by identity, what these return and the
    gradient at it. Without ``record``, only outputs and gradients are known. Raises what the layer
    raises, and what the backward pass raises in a graph as well as outside.
    """
    runs = runs or [Run(subject.arrays)]
    inputs = [subject.tensors(run.arrays) for run in runs]
    watched = (tensor for tensors in inputs for tensor in tensors)
    given = list(filter(_is_differentiable, (*variables, *constants, *watched)))
    backward = Backward(looking=look)
    with tf.GradientTape() as tape:
        tape.watch(given)
        recorder = Recorder(tape if keep else None, backward.handed)
        recorded = recorder.record() if record else nullcontext(recorder.recording)
        with functions_inlined(), framework.outputs_seen(layers) as returned, recorded as recording:
            pairs = zip(runs, inputs, strict=True)
            seen = [_run(subject, run, own, training) for run, own in pairs]
    ends = [end for run_ends, _ in seen for end in run_ends]
    sources = _Sources(given, recording.tensors if keep else {}, _first_outputs(returned))
    backward.calls = [] if follow and len(recording.operations) <= LARGEST else None
    cotangents = _cotangents(ends, subject.target.seed)
    with backward.watch():
        found = _eager(tape, cotangents, sources.all)
    in_graph = found is None
    if found is None:
        found = _summed(_in_graph(subject, runs, inputs, training, given))
    outputs, positions = seen[0]
    return Pass(
        flow=Flow(recording),
        backward=backward,
        inputs=inputs[0],
        outputs=outputs,
        positions=positions,
        **sources.named(found),
        training=training,
        in_graph=in_graph,
        contributions=None if in_graph else _contributions(recording, backward, cotangents),
    )


@dataclass(frozen=True, slots=True)
class _Sources:
    """What one pass is differentiated by, in this order."""

    given: list[Any]
    kept: dict[int, Any]
    """The tensors in between, by TensorFlow's number."""
    returned: dict[int, Any]
    """What layers return, by the identity of the layer."""

    @property
    def all(self) -> list[Any]:
        """Every variable and tensor."""
        return [*self.given, *self.kept.values(), *self.returned.values()]

    def named(self, found: Sequence[Any]) -> dict[str, Any]:
        """Return gradients as a pass names them; those that are not found are None."""
        gradients = iter([*found, *(None for _ in self.all[len(found) :])])
        return {
            "gradients": {identity(source): next(gradients) for source in self.given},
            "intermediates": {number: next(gradients) for number in self.kept},
            "layers": {layer: (end, next(gradients)) for layer, end in self.returned.items()},
        }


def _first_outputs(returned: Mapping[int, Any]) -> dict[int, Any]:
    """Return the first tensor of what each layer returned, where there is one."""
    found = {layer: _first(outputs) for layer, outputs in returned.items()}
    return {layer: tensor for layer, tensor in found.items() if tensor is not None}


def _first(returned: Any) -> Any:
    """Return the first tensor in what a layer returned; None where there is none."""
    leaves = framework.flatten(returned)
    return next((leaf for leaf in leaves if isinstance(leaf, tf.Tensor)), None)


def _eager(
    tape: tf.GradientTape, cotangents: Sequence[tuple[Any, Any]], sources: Sequence[Any]
) -> list[Any] | None:
    """Return the gradients; None where the backward pass raises outside a graph."""
    try:
        return _gradients(tape, cotangents, sources)
    except Exception:
        return None


def _contributions(
    recording: Recording, backward: Backward, cotangents: Sequence[tuple[Any, Any]]
) -> Contributions | None:
    if backward.calls is None:
        return None
    given = {end._id: cotangent._id for end, cotangent in cotangents}
    return contributions(recording.operations, backward.calls, given)


def _in_graph(
    subject: Subject,
    runs: Sequence[Run],
    inputs: Sequence[Sequence[Any]],
    training: bool | None,
    sources: Sequence[Any],
) -> Iterator[list[Any]]:
    """Yield the gradients of each run, taken in a graph."""

    def gradients(tape: tf.GradientTape, ends: Sequence[Any]) -> list[Any]:
        return _gradients(tape, _cotangents(ends, subject.target.seed), sources)

    for run, own in zip(runs, inputs, strict=True):
        with run.changed():
            call = partial(_called, subject, own, training)
            yield gradients_in_graph(call, gradients, sources)


def _summed(runs: Iterator[list[Any]]) -> list[Any]:
    """Return the sums of the gradients of several runs; None where no run has one."""
    return [
        tf.add_n(list(map(tf.convert_to_tensor, there))) if there else None
        for there in (
            [item for item in each if item is not None] for each in zip(*runs, strict=True)
        )
    ]


def _run(
    subject: Subject, run: Run, inputs: Sequence[Any], training: bool | None
) -> tuple[list[Any], list[int]]:
    with run.changed():
        return _called(subject, inputs, training)


def _called(
    subject: Subject, inputs: Sequence[Any], training: bool | None
) -> tuple[list[Any], list[int]]:
    """Return every tensor that comes out, losses last, and where those returned stand."""
    returned = framework.flatten(subject.run(inputs, training=training))
    parts = [(tensor, number) for number, item in enumerate(returned) for tensor in _tensors(item)]
    losses = [tensor for item in framework.losses_of(subject.layer) for tensor in _tensors(item)]
    return [tensor for tensor, _ in parts] + losses, [number for _, number in parts]


def _cotangents(ends: Sequence[Any], seed: int) -> list[tuple[Any, Any]]:
    """Return each float end with a cotangent of random numbers."""
    generator = np.random.default_rng(seed + 1)
    floats = filter(_is_differentiable, ends)
    return [(end, tf.constant(_cotangent(generator, end), end.dtype)) for end in floats]


def _gradients(
    tape: tf.GradientTape, cotangents: Sequence[tuple[Any, Any]], sources: Sequence[Any]
) -> list[Any]:
    """Return the gradients of the ends, each weighed by its cotangent."""
    if not cotangents:
        return [None] * len(sources)
    ends, weighed = zip(*cotangents, strict=True)
    return list(tape.gradient(list(ends), sources, output_gradients=list(weighed)))


def identity(source: Any) -> int:
    """Return what a recording calls a variable (its handle) or a tensor."""
    return handle_id(source) if isinstance(source, tf.Variable) else int(source._id)


def _is_differentiable(source: Any) -> bool:
    return bool(source.dtype.is_floating or source.dtype.is_complex)


def _tensors(item: Any) -> list[Any]:
    """Return the tensors that an output consists of; none for what has none."""
    if isinstance(item, (int, float, complex, bool, str, bytes, np.ndarray, np.generic)):
        return []
    if isinstance(item, tf.SparseTensor):
        return [item.values]
    if isinstance(item, tf.RaggedTensor):
        return [item.flat_values]
    try:
        return [tf.convert_to_tensor(item)]
    except Exception:
        parts = tf.nest.flatten(item, expand_composites=True)
        return [part for part in parts if isinstance(part, tf.Tensor)]


def _cotangent(generator: np.random.Generator, end: Any) -> Any:
    """Return random numbers between 0.5 and 1.5 of either sign: no output counts for nothing.

    For complex numbers each is turned by an eighth: neither part counts for nothing.
    """
    size = tuple(end.shape)
    real = generator.uniform(0.5, 1.5, size) * generator.choice((-1.0, 1.0), size)
    return real * (1 + 1j) if end.dtype.is_complex else real


def dense(gradient: Any) -> Any:
    """Return a gradient as an array, sparse ones included."""
    return tf.convert_to_tensor(gradient).numpy()


def parts(values: Any) -> Iterator[Any]:
    """Yield an array in flat parts of double precision, so that no other copy of it is made."""
    flat = np.asarray(values).ravel()
    kind = np.complex128 if flat.dtype.kind == "c" else np.float64
    for start in range(0, flat.size, PART):
        yield flat[start : start + PART].astype(kind)


def status_of(gradient: Any) -> tuple[Measured, float | None]:
    """Return the status and the norm of a gradient that may be None."""
    if gradient is None:
        return "none", None
    squares, flows = 0.0, False
    for part in parts(dense(gradient)):
        square = float(np.vdot(part, part).real)
        if not math.isfinite(square) and not np.isfinite(part).all():
            return "nonfinite", None
        squares += square
        flows = flows or square > 0 or bool(part.any())  # small numbers have squares of 0
    return ("flows", float(f"{math.sqrt(squares):.3g}")) if flows else ("zero", 0.0)
