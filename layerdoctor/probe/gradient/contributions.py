"""What each operation handed back to each of its inputs on the way of a gradient.

The gradient at a tensor is the sum over the operations that took it, so it does not tell which of
them it came back through. TensorFlow's tape calls one gradient function for each operation it goes
back through, and does not say which operation that is: the calls are told apart by the type, by the
tensors that the function asks to see again, and by the gradient that was handed to its outputs,
which is the very tensor that a later operation handed back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from layerdoctor.facts import EdgeGradient
from layerdoctor.probe.hooks.backward import BackwardCall
from layerdoctor.probe.hooks.recording import Operation

LARGEST = 2000
"""Of how many operations a recording is still followed back."""

Contributions = Mapping[tuple[int, int], EdgeGradient]
"""By the index of an operation and the number of an input: the state of what came back there,
``flows``, ``zero``, ``nonfinite`` or ``unknown``."""


def contributions(
    operations: Sequence[Operation],
    calls: Sequence[BackwardCall],
    cotangents: Mapping[int, int],
) -> Contributions:
    """Return what came back to each input of each operation.

    ``calls`` are in the order of the backward pass, ``cotangents`` the gradients that it began
    with, by the tensor they were given to. An input that no gradient came back to is left out.
    """
    matching = _Matching(operations, cotangents)
    found: dict[tuple[int, int], EdgeGradient] = {}
    unmatched: set[str] = set()
    for call in calls:
        index = matching.operation_of(call)
        if index is None:
            unmatched.add(call.type)
            continue
        matching.hand_back(index, call)
        found |= {
            (index, number): state for number, state in enumerate(call.states) if state != "none"
        }
    for index in (index for kind in unmatched for index in matching.left(kind)):
        found |= {(index, number): "unknown" for number in range(len(operations[index].inputs))}
    return found


class _Matching:
    """Finds the operation of each call; every operation is gone back through once."""

    def __init__(self, operations: Sequence[Operation], cotangents: Mapping[int, int]) -> None:
        self._operations = operations
        self._open: dict[str, list[int]] = defaultdict(list)
        self._index = {id(operation): index for index, operation in enumerate(operations)}
        self._touching: dict[tuple[str, int], set[int]] = defaultdict(set)
        """By a type and a tensor: the operations of that type that take or make it."""
        for index, operation in enumerate(operations):
            self._open[operation.type].append(index)
            for tensor in (*operation.inputs, *operation.outputs):
                self._touching[operation.type, tensor].add(index)
        self._handed: dict[int, set[int]] = defaultdict(set)
        """The gradients handed to each tensor by the operations that took it."""
        for tensor, gradient in cotangents.items():
            self._handed[tensor].add(gradient)

    def operation_of(self, call: BackwardCall) -> int | None:
        if call.operation is not None:
            return self._index.get(id(call.operation))
        candidates = [index for index in self._left(call) if self._has_tensors(index, call)]
        if len(candidates) == 1:
            return candidates[0]
        received = [index for index in candidates if self._received(index, call)]
        # Calls that see no tensor and receive the same gradient return the same: any will do.
        return received[-1] if received else None

    def _left(self, call: BackwardCall) -> Iterable[int]:
        """Return the operations that are left of its type: near one of its tensors, if it has any.

        Of hundreds of one type the tensors leave one or two to look at.
        """
        tensor = next((each for each in (*call.inputs, *call.outputs) if each is not None), None)
        left = self._open[call.type]
        if tensor is None:
            return left
        near = self._touching[call.type, tensor]
        return sorted(near) if len(near) < len(left) else left

    def hand_back(self, index: int, call: BackwardCall) -> None:
        operation = self._operations[index]
        self._open[operation.type].remove(index)
        for tensor in (*operation.inputs, *operation.outputs):
            self._touching[operation.type, tensor].discard(index)
        for tensor, gradient in zip(operation.inputs, call.returned, strict=False):
            if gradient is not None:
                self._handed[tensor].add(gradient)

    def _has_tensors(self, index: int, call: BackwardCall) -> bool:
        operation = self._operations[index]
        return _agree(call.inputs, operation.inputs) and _agree(call.outputs, operation.outputs)

    def _received(self, index: int, call: BackwardCall) -> bool:
        """Whether the gradients at the outputs are what was handed to them, or a sum of that."""
        pairs = zip(self._operations[index].outputs, call.received, strict=False)
        handed = [(self._handed[t], gradient) for t, gradient in pairs if t in self._handed]
        fits = (len(each) > 1 or gradient in each for each, gradient in handed)
        return bool(handed) and all(fits)

    def left(self, kind: str) -> list[int]:
        """Return the operations of a type that were not gone back through, as far as is known."""
        return self._open[kind]


def _agree(known: Sequence[int | None], tensors: Sequence[int]) -> bool:
    return all(one in (None, other) for one, other in zip(known, tensors, strict=False))
