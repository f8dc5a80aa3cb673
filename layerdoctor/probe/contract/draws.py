"""TensorFlow's random operations in a trace, and the variables that their seeds come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Location
from layerdoctor.probe.contract.graphs import draws, is_random, line_of, operations
from layerdoctor.user_code import Author


@dataclass(frozen=True, slots=True)
class Draw:
    """One random operation of a trace."""

    operation: Any
    outermost: Any
    """The operation of the outermost graph that it belongs to."""
    seeds: frozenset[int]
    """The handles of the variables that its seed is computed from: the states of generators."""

    @property
    def is_stateful(self) -> bool:
        """Whether it draws from a generator of TensorFlow's own, which no variable holds."""
        return draws(self.operation)

    def line(self, author: Author) -> Location | None:
        """Return the author's line of it."""
        return line_of(self.operation, author) or line_of(self.outermost, author)


KEYS = ("StatelessRandomGet", "Rng")
"""How the operations begin that make a key of a seed, for one behind them to draw with."""


def draws_in(graph: Any) -> list[Draw]:
    """Return the random operations of a graph and of the functions in it, those of keys last."""
    return sorted(_draws_in(graph), key=lambda draw: draw.operation.type.startswith(KEYS))


def _draws_in(graph: Any) -> Iterator[Draw]:
    handles = {id(inner): _identity(outer) for outer, inner in graph.captures}
    for operation, outermost in operations(graph):
        if is_random(operation):
            sources = _sources(outermost)
            seeds = frozenset(handles[source] for source in sources if source in handles)
            yield Draw(operation, outermost, seeds)


def _sources(operation: Any) -> set[int]:
    """Return the identities of the placeholders of resources that an operation depends on."""
    found: set[int] = set()
    seen: set[str] = set()
    front = [operation]
    while front:
        current = front.pop()
        if current.name in seen:
            continue
        seen.add(current.name)
        for tensor in current.inputs:
            if tensor.dtype == tf.resource and tensor.op.type == "Placeholder":
                found.add(id(tensor))
            else:
                front.append(tensor.op)
    return found


def _identity(handle: Any) -> int:
    return int(getattr(handle, "_id", id(handle)))
