"""The forward pass drawn line by line of the author's source."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from layerdoctor.facts import EdgeGradient, FlowEdge, FlowGraph, FlowNode, Location, NodeKind
from layerdoctor.probe.gradient.causes import called
from layerdoctor.probe.gradient.contributions import LARGEST
from layerdoctor.probe.gradient.passes import Pass
from layerdoctor.probe.hooks.recording import Operation
from layerdoctor.probe.layer.framework import BASES
from layerdoctor.user_code import Author

WORST_FIRST: tuple[EdgeGradient, ...] = ("nonfinite", "flows", "zero", "none", "unknown")
"""Which state stands for several tensors between the same two stations."""


@dataclass(slots=True)
class _LineOfSource:
    """One line of the author's, and the operations on it."""

    location: Location
    operations: list[str] = field(default_factory=list)


def draw(
    seen: Pass, names: Mapping[int, tuple[NodeKind, str]], author: Author, kind: type
) -> FlowGraph | None:
    """Return the flow of one pass; None where it is too large to be looked at.

    ``names`` give kind and label of what comes from outside, by identity: inputs, variables'
    handles and constants. The gradient of an edge is what its operations handed back along it,
    known where the pass has ``follow``. Of a library's own layer only the lines of its classes are
    shown, by ``kind``, the layer's class: what they call is folded into them.
    """
    operations = seen.flow.recording.operations
    if len(operations) > LARGEST:
        return None
    files = _files_of(kind) if author.is_of_library else frozenset()
    return _GraphBuilder(seen, names, author, files).drawn(operations)


def _files_of(kind: type) -> frozenset[str]:
    """Return the files of a class and its bases, those that every layer has left out."""
    own = (base for base in kind.__mro__ if base is not object and base.__name__ not in BASES)
    modules = (sys.modules.get(base.__module__) for base in own)
    return frozenset(file for module in modules if (file := getattr(module, "__file__", None)))


class _GraphBuilder:
    def __init__(
        self,
        seen: Pass,
        names: Mapping[int, tuple[NodeKind, str]],
        author: Author,
        files: frozenset[str],
    ) -> None:
        self._seen = seen
        self._names = names
        self._author = author
        self._files = files
        self._lines: dict[tuple[str, int], _LineOfSource] = {}
        self._made_on: dict[int, str] = {}
        self._outside: dict[int, str] = {}
        self._edges: dict[tuple[str, str], set[EdgeGradient]] = {}

    def drawn(self, operations: list[Operation]) -> FlowGraph:
        for index, operation in enumerate(operations):
            self._place(index, operation)
        outputs = self._outputs()
        nodes = [
            FlowNode(id=node, kind=self._names[identity][0], label=self._names[identity][1])
            for identity, node in self._outside.items()
        ]
        nodes += [
            FlowNode(
                id=_node(line.location),
                kind="line",
                label=", ".join(dict.fromkeys(line.operations)),
                location=line.location,
            )
            for line in self._lines.values()
        ]
        edges = [
            FlowEdge(source=source, target=target, gradient=min(states, key=WORST_FIRST.index))
            for (source, target), states in self._edges.items()
        ]
        return FlowGraph(nodes=(*nodes, *outputs), edges=tuple(edges))

    def _place(self, index: int, operation: Operation) -> None:
        where = self._author.location(operation.frames)
        if self._files:
            where = self._author.location_in(self._files, operation.frames) or where
        if where is None:
            return
        line = self._lines.setdefault(
            (where.file, where.line), _LineOfSource(Location(file=where.file, line=where.line))
        )
        if operation.type != "ReadVariableOp":
            line.operations.append(called(operation, self._author))
        for number, tensor in enumerate(operation.inputs):
            self._connect(tensor, _node(line.location), self._state(index, number))
        for tensor in operation.outputs:
            self._made_on[tensor] = _node(line.location)

    def _connect(self, tensor: int, target: str, state: EdgeGradient) -> None:
        source = self._made_on.get(tensor)
        if source is None and tensor in self._names:
            source = self._outside.setdefault(tensor, f"outside-{len(self._outside)}")
        if source is not None and source != target:
            self._edges.setdefault((source, target), set()).add(state)

    def _state(self, index: int, number: int) -> EdgeGradient:
        found = self._seen.contributions
        return "unknown" if found is None else found.get((index, number), "none")

    def _outputs(self) -> list[FlowNode]:
        nodes = []
        for number, tensor in enumerate(self._seen.outputs):
            returned = number < self._seen.returned
            label = "loss" if not returned else "output"
            if returned and self._seen.returned > 1:
                label = f"output[{number}]"
            node = FlowNode(id=f"output-{number}", kind="output", label=label)
            nodes.append(node)
            source = self._made_on.get(tensor._id)
            if source is None and tensor._id in self._names:
                source = self._outside.setdefault(tensor._id, f"outside-{len(self._outside)}")
            if source is not None:
                state: EdgeGradient = "flows" if tensor.dtype.is_floating else "none"
                self._edges.setdefault((source, node.id), set()).add(state)
        return nodes


def _node(location: Location) -> str:
    return f"{location.file}:{location.line}"
