"""Taking gradients, and what is seen on the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop
from tensorflow.python.framework import ops

from layerdoctor.facts import EdgeGradient
from layerdoctor.probe.hooks.recording import Operation


@dataclass(frozen=True, slots=True)
class BackwardCall:
    """One call of a gradient function; tensors and gradients by TensorFlow's number of them."""

    type: str
    inputs: tuple[int | None, ...]
    """Those that the function asked to see again; None for the others."""
    outputs: tuple[int | None, ...]
    received: tuple[int | None, ...]
    """The gradient at each output."""
    returned: tuple[int | None, ...]
    """The gradient for each input."""
    states: tuple[EdgeGradient, ...]
    """Of each that it returned: ``none``, ``flows``, ``zero``, ``nonfinite`` or ``unknown``."""
    operation: Operation | None = None
    """Where it is known for certain: a backward function of Python's own."""


@dataclass(slots=True)
class Backward:
    """Which operations hand a gradient on, and to which of their inputs."""

    passing: set[tuple[str, int]] = field(default_factory=set)
    """The type of an operation and the number of an input it passes a gradient to."""
    asked: set[str] = field(default_factory=set)
    """The types of operations whose gradient was asked for."""
    missing: set[str] = field(default_factory=set)
    """The types of operations for which no gradient is registered."""
    made_nonfinite: list[tuple[str, list[Any]]] = field(default_factory=list)
    """The operations that made a NaN or an infinity out of finite gradients: the type and the
    inputs, as far as they are known. TensorFlow gives neither the operation nor its tensors."""
    looking: bool = False
    """Whether to look at the numbers."""
    calls: list[BackwardCall] | None = None
    """Every call of a gradient function in its order, where they are followed."""

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Look on while gradients are taken; a gradient that is not registered counts as none."""
        pywrap_tfe.TFE_Py_RegisterGradientFunction(self._noted)
        try:
            yield
        finally:
            pywrap_tfe.TFE_Py_RegisterGradientFunction(backprop._gradient_function)

    def passes(self, operation: Operation, number: int) -> bool:
        """Whether a gradient at the operation's outputs goes on to that input."""
        if operation.passed is not None:
            return number in operation.passed
        return not operation.stopped and (operation.type, number) in self.passing

    def might_pass(self, operation: Operation, number: int) -> bool:
        """Whether it passes a gradient to that input, or nobody asked its kind."""
        known = operation.type in self.asked or operation.passed is not None
        if known or operation.stopped:
            return self.passes(operation, number)
        try:
            return ops.gradient_registry.lookup(operation.type) is not None
        except LookupError:
            return False

    def makes_nonfinite(self, operation: Operation, values: Mapping[int, Any]) -> bool:
        """Whether the operation made a gradient that is not finite out of one that is.

        ``values`` are the tensors that were recorded: operations are told apart by their inputs.
        """
        recorded = [values.get(tensor) for tensor in operation.inputs]
        return any(
            kind == operation.type and all(map(_may_be_same, inputs, recorded))
            for kind, inputs in self.made_nonfinite
        )

    def _noted(self, op_name: str, attributes: Any, count: int, *rest: Any) -> Any:
        try:
            ops.gradient_registry.lookup(op_name)
        except LookupError:
            self.missing.add(op_name)
            return [None] * count
        self.asked.add(op_name)
        found = backprop._gradient_function(op_name, attributes, count, *rest)
        each = found if isinstance(found, (list, tuple)) else [found]
        self.passing.update((op_name, n) for n, gradient in enumerate(each) if gradient is not None)
        inputs, outputs, received = rest[:3]
        if self.calls is not None:
            seen_again = (inputs or (), outputs or ())
            self.calls.append(backward_call(op_name, seen_again, received, each))
        if self.looking and not _all_finite(each) and _all_finite(received):
            self.made_nonfinite.append((op_name, list(inputs or ())))
        return found

    def handed(
        self, operation: Operation, received: Sequence[Any], returned: Sequence[Any]
    ) -> None:
        """Note what a backward function of Python's own made of a gradient."""
        if self.calls is not None:
            call = backward_call(operation.type, ((), ()), received, returned, operation)
            self.calls.append(call)


def backward_call(
    kind: str,
    seen_again: tuple[Sequence[Any], Sequence[Any]],
    received: Sequence[Any],
    returned: Sequence[Any],
    operation: Operation | None = None,
) -> BackwardCall:
    """Return what is remembered of one call, without keeping a tensor alive.

    ``seen_again`` are the inputs and outputs of the operation that the call was given.
    """
    inputs, outputs = seen_again
    return BackwardCall(
        type=kind,
        inputs=tuple(map(_number, inputs)),
        outputs=tuple(map(_number, outputs)),
        received=tuple(map(_number, received)),
        returned=tuple(map(_number, returned)),
        states=tuple(map(_state, returned)),
        operation=operation,
    )


def _number(tensor: Any) -> int | None:
    """Return TensorFlow's number of a tensor, or of the rows of a sparse gradient."""
    found = getattr(getattr(tensor, "values", tensor), "_id", None)
    return found if isinstance(found, int) else None


def _state(gradient: Any) -> EdgeGradient:
    if gradient is None:
        return "none"
    gradient = getattr(gradient, "values", gradient)
    if gradient.dtype.name in ("variant", "resource"):
        return "unknown"
    values = np.asarray(gradient)
    if values.dtype.kind not in "iub" and not np.isfinite(values).all():
        return "nonfinite"
    return "flows" if values.any() else "zero"


def _may_be_same(given: Any, recorded: Any) -> bool:
    if recorded is None or not isinstance(given, ops.EagerTensor):
        return True
    return given.shape == recorded.shape and bool(
        np.array_equal(given.numpy(), recorded.numpy(), equal_nan=True)
    )


def _all_finite(gradients: Sequence[Any]) -> bool:
    known = [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]
    floats = [tensor for tensor in known if tensor.dtype.is_floating]
    return all(bool(tf.reduce_all(tf.math.is_finite(tensor))) for tensor in floats)


def gradients_in_graph(
    call: Callable[[], tuple[list[Any], Any]],
    differentiate: Callable[[tf.GradientTape, list[Any]], list[Any]],
    sources: Sequence[Any],
) -> list[Any]:
    """Return the gradients with respect to existing tensors and variables, taken in a graph.

    ``call`` returns what comes out first, ``differentiate`` the gradients of that. Raises what
    tracing and running the graph raise.
    """
    reached: list[bool] = []

    def step() -> list[Any]:
        with tf.GradientTape() as tape:
            tape.watch(sources)
            ends, _ = call()
        found = differentiate(tape, ends)
        reached[:] = [gradient is not None for gradient in found]
        return [tf.convert_to_tensor(gradient) for gradient in found if gradient is not None]

    found = iter(tf.function(step, autograph=False)())
    return [next(found) if there else None for there in reached]
