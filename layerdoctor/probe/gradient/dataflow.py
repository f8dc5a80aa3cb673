"""Questions to a recording: what a tensor reaches, and where on the way something ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from layerdoctor.probe.hooks.recording import Operation, Recording

ASSIGNMENTS = (
    "AssignVariableOp",
    "AssignAddVariableOp",
    "AssignSubVariableOp",
    "ResourceStridedSliceAssign",
)
SCATTERS = "ResourceScatter"


@dataclass(frozen=True, slots=True)
class Cut:
    """The operation that ends a gradient: the last one it passes on its way back is behind it."""

    operation: Operation
    selector: bool
    """Whether the float went in and only an integer or a boolean came out."""


class Flow:
    """The data flow of one recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._maker: dict[int, int] = {}
        self._users: dict[int, list[int]] = {}
        self._assignments: dict[int, list[Operation]] = {}
        self._upstream: dict[int, frozenset[int]] = {}
        for index, operation in enumerate(recording.operations):
            if is_assignment(operation):
                self._assignments.setdefault(operation.inputs[0], []).append(operation)
            for tensor in operation.outputs:
                self._maker[tensor] = index
            for tensor in operation.inputs:
                self._users.setdefault(tensor, []).append(index)

    def used(self, tensor: int) -> bool:
        """Whether an operation other than an assignment took the tensor."""
        return any(
            not is_assignment(self.recording.operations[index])
            for index in self._users.get(tensor, ())
        )

    def taken(self) -> set[int]:
        """Return the tensors that an operation other than an assignment took."""
        return {
            tensor
            for operation in self.recording.operations
            if not is_assignment(operation)
            for tensor in operation.inputs
        }

    def users(self, tensor: int) -> Iterator[Operation]:
        """Yield the operations that took the tensor."""
        return (self.recording.operations[index] for index in self._users.get(tensor, ()))

    def maker(self, tensor: int) -> Operation | None:
        """Return the operation that made the tensor; None where it came from outside."""
        index = self._maker.get(tensor)
        return None if index is None else self.recording.operations[index]

    def reached_from(self, tensors: Iterable[int]) -> set[int]:
        """Return every tensor that was computed from these, themselves included."""
        reached = set(tensors)
        first = min(
            (index for tensor in reached for index in self._users.get(tensor, ())), default=0
        )
        for operation in self.recording.operations[first:]:
            if not reached.isdisjoint(operation.inputs):
                reached.update(operation.outputs)
                if is_assignment(operation):
                    reached.add(operation.inputs[0])
        return reached

    def number(self, operation: Operation) -> int:
        """Return which operation it is, in the order in which they ran."""
        return next(n for n, each in enumerate(self.recording.operations) if each is operation)

    def upstream(self, operation: Operation) -> frozenset[int]:
        """Return every tensor and variable's handle that the operation was computed from."""
        if id(operation) not in self._upstream:
            found: set[int] = set()
            front = list(operation.inputs)
            while front:
                tensor = front.pop()
                maker = None if tensor in found else self.maker(tensor)
                found.add(tensor)
                front += maker.inputs if maker else ()
            self._upstream[id(operation)] = frozenset(found)
        return self._upstream[id(operation)]

    def sources(self, tensors: Iterable[int]) -> dict[int, int | None]:
        """Return what was computed from exactly one of these, and from which; None for several."""
        found: dict[int, int | None] = {tensor: tensor for tensor in tensors}
        for operation in self.recording.operations:
            if known := {found[item] for item in operation.inputs if item in found}:
                source = known.pop() if len(known) == 1 else None
                found.update(dict.fromkeys(operation.outputs, source))
        return found

    def leaving_floats(self, tensor: int) -> Operation | None:
        """Return the last operation before a tensor that took a float; None where there is none."""
        front = [tensor]
        while front:
            operation = self.maker(front.pop(0))
            if operation is not None:
                if not self.recording.floats.isdisjoint(operation.inputs):
                    return operation
                front += operation.inputs
        return None

    def dead_ends(self, start: int) -> set[int]:
        """Return the tensors computed from a variable or tensor that no operation took."""
        reached = self.reached_from([start])
        return {tensor for tensor in reached if tensor not in self._users}

    def differentiated(self, end: int, passes: Callable[[Operation, int], bool]) -> set[int]:
        """Return the tensors that a gradient at ``end`` reaches.

        ``passes`` tells whether an operation hands a gradient on to one of its inputs, by number.
        """
        floats = self.recording.floats
        reached: set[int] = set()
        front = [end] if end in floats else []
        while front:
            tensor = front.pop()
            if tensor in reached:
                continue
            reached.add(tensor)
            operation = self.maker(tensor)
            if operation is None:
                continue
            for number, source in enumerate(operation.inputs):
                if (source in floats or source not in self._maker) and passes(operation, number):
                    front.append(source)
        return reached

    def assignments(self, handle: int) -> list[Operation]:
        """Return the operations that wrote the variable."""
        return self._assignments.get(handle, [])

    def path(self, start: int, end: int) -> list[Operation]:
        """Return the operations of a shortest way from one tensor to another; empty without one."""
        came: dict[int, tuple[int, Operation]] = {}
        front = [start]
        while front and end not in came:
            following: list[int] = []
            for tensor in front:
                for operation in self.users(tensor):
                    for output in operation.outputs:
                        if output not in came and output != start:
                            came[output] = (tensor, operation)
                            following.append(output)
            front = following
        steps: list[Operation] = []
        while end in came:
            end, operation = came[end]
            steps.append(operation)
        return steps[::-1]

    def first_cut(
        self, start: int, cuts: Collection[Cut], good: Callable[[int], bool]
    ) -> tuple[Cut, list[Operation]] | None:
        """Return the cut that is nearest to a tensor, and the operations on the way to it.

        The way goes through no tensor whose gradient is good: behind such a one lies another cut,
        which the gradient of ``start`` does not get to. None where there is no such way.
        """
        ending = {id(cut.operation): cut for cut in cuts}
        ways: dict[int, list[Operation]] = {start: []}
        front = [start]
        while front:
            following: list[int] = []
            for tensor in front:
                for operation in self.users(tensor):
                    if id(operation) in ending:
                        return ending[id(operation)], ways[tensor]
                    for output in operation.outputs:
                        if output not in ways and not (
                            output in self.recording.floats and good(output)
                        ):
                            ways[output] = [*ways[tensor], operation]
                            following.append(output)
            front = following
        return None

    def cuts(
        self, reached: Collection[int], good: Callable[[int], bool], ends: Iterable[int]
    ) -> list[Cut]:
        """Return where, going back from the ends, a gradient that is good is so no longer.

        ``reached`` are the tensors that depend on the variable in question, ``good`` tells the
        tensors whose gradient is as it should be. Integers have no gradient: the way goes on
        through them to the operation that left the floats. The cut nearest to an end comes first.
        """
        found: list[Cut] = []
        seen: set[int] = set()
        front = [end for end in ends if end in reached]
        while front:
            following: list[int] = []
            for tensor in front:
                if tensor in seen:
                    continue
                seen.add(tensor)
                operation = self.maker(tensor)
                if operation is None:
                    continue
                selector = tensor not in self.recording.floats
                sources = [item for item in operation.inputs if item in reached]
                if any(item in self.recording.floats and not good(item) for item in sources):
                    found.append(Cut(operation, selector))
                for item in sources:
                    if item not in self.recording.floats and self.maker(item) is None:
                        written = self.assignments(item) or [operation]
                        found += [Cut(each, False) for each in written]
                floats = self.recording.floats
                following += [item for item in sources if item not in floats or good(item)]
            front = following
        return found


def is_assignment(operation: Operation) -> bool:
    """Whether the operation writes a variable."""
    return operation.type in ASSIGNMENTS or operation.type.startswith(SCATTERS)
