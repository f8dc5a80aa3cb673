"""What TensorFlow executes while a layer runs eagerly: operations, their data flow, their lines.

Operations are seen through TensorFlow's own operation callbacks
(``tensorflow.python.framework.op_callbacks``, which its debugger stands on). Tensors are told apart
by the number that TensorFlow gives each eager tensor once and never again, so that nothing has to
be kept alive to follow the flow of data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.framework import op_callbacks, ops

from layerdoctor.probe.hooks.conversions import Conversion, arrays_seen, conversions_seen
from layerdoctor.probe.hooks.frames import running_frames
from layerdoctor.probe.hooks.internals import FAST_PATH, TAPE_RECORD, replaced
from layerdoctor.user_code import Frame

OPAQUE = "PartitionedCall"
"""What an operation is called that runs the graph of a function."""


@dataclass(slots=True)
class Operation:
    """One operation that was executed."""

    type: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    frames: Sequence[Frame]
    stopped: bool
    """Whether no tape was recording, as under ``tape.stop_recording()``."""
    passed: set[int] | None = None
    """The inputs that its backward function gave a gradient, where it is one of Python's own."""
    custom: bool = False
    """Whether it stands for a function with a custom gradient, between what goes in and out."""


Handed = Callable[[Operation, Sequence[Any], Sequence[Any]], None]
"""Takes an operation, the gradients at its outputs and those its backward function returned."""


@dataclass(slots=True)
class Recording:
    """The operations in the order of their execution."""

    operations: list[Operation] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    floats: set[int] = field(default_factory=set)
    """The tensors of a floating or complex type."""
    integers: set[int] = field(default_factory=set)
    """The tensors of an integer type that operations made."""
    outside: dict[int, Any] = field(default_factory=dict)
    """The tensors that went into an operation and came out of none: inputs, constants, handles."""
    tensors: dict[int, Any] = field(default_factory=dict)
    """The float tensors that operations made, where they are kept."""


class Recorder:
    """Records what is executed inside ``record``.

    With ``tape``, every float tensor is watched and kept, so that a gradient can be asked for at
    each of them; this costs the memory of all intermediate results. ``handed`` is told of each
    backward function of Python's own when it runs.
    """

    def __init__(self, tape: tf.GradientTape | None = None, handed: Handed | None = None) -> None:
        self.recording = Recording()
        self._tape = tape
        self._handed = handed
        self._made: set[int] = set()

    @contextmanager
    def record(self) -> Iterator[Recording]:
        """Record the operations of this thread."""
        op_callbacks.add_op_callback(self._executed)
        try:
            with (
                _reads_seen(),
                _custom_gradients_seen(self._recorded, self._handed),
                conversions_seen(self.recording.conversions.append),
                arrays_seen(self._left_as_arrays),
            ):
                yield self.recording
        finally:
            op_callbacks.remove_op_callback(self._executed)

    def _executed(  # noqa: PLR0917 - TensorFlow fixes the signature
        self,
        op_type: str,
        inputs: Sequence[Any],
        attrs: Any,  # noqa: ARG002
        outputs: Sequence[Any],
        op_name: str | None = None,  # noqa: ARG002
        graph: Any = None,
    ) -> None:
        if graph is not None:
            return
        recording = self.recording
        for tensor in inputs:
            if tensor._id not in self._made:
                recording.outside[tensor._id] = tensor
                if tensor.dtype.is_floating or tensor.dtype.is_complex:
                    recording.floats.add(tensor._id)
        made = tuple(tensor._id for tensor in outputs)
        self._made.update(made)
        recording.operations.append(
            Operation(
                type=_type_of(op_type),
                inputs=tuple(tensor._id for tensor in inputs),
                outputs=made,
                frames=running_frames(),
                stopped=bool(pywrap_tfe.TFE_Py_TapeSetIsStopped()),
            )
        )
        for tensor in outputs:
            if tensor.dtype.is_integer:
                recording.integers.add(tensor._id)
            if tensor.dtype.is_floating or tensor.dtype.is_complex:
                recording.floats.add(tensor._id)
                if self._tape is not None:
                    recording.tensors[tensor._id] = tensor
                    with _recording_again():
                        self._tape.watch(tensor)

    def _left_as_arrays(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Record ``tf.numpy_function``, which runs eagerly without an operation of its own."""
        self._executed("PyFunc", inputs, (), outputs)

    def _recorded(self, name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> Operation:
        """Record what a tape is told in place of the operations that ran: a custom gradient."""
        operation = Operation(
            type=_type_of(name),
            inputs=tuple(tensor._id for tensor in inputs),
            outputs=tuple(tensor._id for tensor in outputs),
            frames=running_frames(),
            stopped=bool(pywrap_tfe.TFE_Py_TapeSetIsStopped()),
            passed=set(),
            custom=not _is_function(name),
        )
        self.recording.operations.append(operation)
        return operation


def _type_of(name: str | bytes) -> str:
    name = name if isinstance(name, str) else name.decode()
    return OPAQUE if _is_function(name) else name


def _is_function(name: str) -> bool:
    """Whether TensorFlow made the name up, for the graph of a function."""
    return name.startswith(("__forward_", "__inference_"))


@contextmanager
def _custom_gradients_seen(seen: Callable[..., Operation], handed: Handed | None) -> Iterator[None]:
    """Report what tapes are told to record, and note what its backward function gives."""

    def wrap(record: Callable[..., Any]) -> Callable[..., Any]:
        def noted(
            op_type: str,
            output_tensors: Sequence[Any],
            input_tensors: Sequence[Any],
            backward_function: Any,
            forward_function: Any = None,
        ) -> Any:
            ends = (*input_tensors, *output_tensors)
            if all(isinstance(item, ops.EagerTensor) for item in ends):
                operation = seen(op_type, input_tensors, output_tensors)
                backward_function = _noting(operation, backward_function, handed)
            return record(
                op_type, output_tensors, input_tensors, backward_function, forward_function
            )

        return noted

    with replaced(TAPE_RECORD, wrap):
        yield


def _noting(
    operation: Operation, backward: Callable[..., Any], handed: Handed | None
) -> Callable[..., Any]:
    """Return a backward function that notes which inputs it gives a gradient."""

    def watched(*gradients: Any) -> Any:
        found = backward(*gradients)
        each = found if isinstance(found, (list, tuple)) else [found]
        passed = {number for number, item in enumerate(each) if item is not None}
        operation.passed = (operation.passed or set()) | passed
        if handed is not None:
            handed(operation, gradients, each)
        return found

    return watched


@contextmanager
def _reads_seen() -> Iterator[None]:
    """Have variables read by an operation of their own.

    TensorFlow's fast path reads a variable that is an operand in C, where no callback sees it.
    """

    def wrap(execute: Callable[..., Any]) -> Callable[..., Any]:
        def with_reads(context: Any, op_type: str, name: Any, *operands: Any) -> Any:
            return execute(context, op_type, name, *map(_value, operands))

        return with_reads

    with replaced(FAST_PATH, wrap):
        yield


def _value(operand: Any) -> Any:
    if isinstance(operand, tf.Variable):
        return operand.value()
    if isinstance(operand, (list, tuple)) and any(isinstance(i, tf.Variable) for i in operand):
        return [_value(item) for item in operand]
    return operand


@contextmanager
def _recording_again() -> Iterator[None]:
    """Let a tape watch where recording has been stopped: TensorFlow ignores the request there."""
    if not pywrap_tfe.TFE_Py_TapeSetIsStopped():
        yield
        return
    pywrap_tfe.TFE_Py_TapeSetRestartOnThread()
    try:
        yield
    finally:
        pywrap_tfe.TFE_Py_TapeSetStopOnThread()


def same_values(tensor: Any, array: Any) -> bool:
    """Whether an eager tensor holds the numbers of an array, whatever the shape and the type."""
    if int(np.prod(tensor.shape)) != array.size or array.dtype.kind in "OSU":
        return False
    with suppress(Exception):
        values = tensor.numpy().ravel()
        return bool(np.array_equal(values, array.ravel().astype(values.dtype), equal_nan=True))
    return False
