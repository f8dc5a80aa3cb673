"""Calling the layer again and again, and what each call leaves behind."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import GrowingState, Growth, NewVariable, Retrace
from layerdoctor.probe import framework
from layerdoctor.probe.creation import Creations
from layerdoctor.probe.holders import Held
from layerdoctor.probe.subject import Subject
from layerdoctor.probe.tracing import Traces


@dataclass(slots=True)
class Call:
    """What was there after one call."""

    tracked: int
    traces: int
    sizes: dict[str, int]
    """How much each container and tensor holds, by its path."""
    identities: dict[str, int]
    """Which tensor each path holds."""


@dataclass(slots=True)
class Calls:
    """The calls of one layer on the same inputs, and what grew on the way."""

    subject: Subject
    creations: Creations
    traces: Traces
    walk: Callable[[], list[Held]]
    done: list[Call] = field(default_factory=list)
    returned: Any = None
    held: list[Held] = field(default_factory=list)
    """What the layer held after the last call."""

    def call(self) -> None:
        """Call once more; raises what the layer raises."""
        self.creations.call = len(self.done) + 1
        self.creations.phase = "call"
        self.creations.layer = self.subject.layer
        before = len(self.traces.seen)
        try:
            with self.traces.watch():
                self.returned = self.subject.run()
        finally:
            self.creations.call = 0
        self.held = self.walk()
        self.done.append(
            Call(
                tracked=len(framework.weights_of(self.subject.layer)),
                traces=len(self.traces.seen) - before,
                sizes={
                    item.attribute: size for item in self.held if (size := _size(item)) is not None
                },
                identities={
                    item.attribute: id(item.thing)
                    for item in self.held
                    if isinstance(item.thing, tf.Tensor)
                },
            )
        )

    def kept_by_call(self, attribute: str) -> bool:
        """Whether each call puts another tensor there."""
        seen = [call.identities.get(attribute) for call in self.done]
        return len(seen) > 1 and seen[0] != seen[-1]

    def growth(self) -> Growth:
        """Return what grew over the calls that were made."""
        numbers = range(1, len(self.done) + 1)
        made = {number: self.creations.in_call(number) for number in numbers}
        return Growth(
            calls=len(self.done),
            variables_per_call=tuple(len(made[number]) for number in numbers),
            tracked_per_call=tuple(call.tracked for call in self.done),
            new_variables=tuple(
                NewVariable(name=item.name, call=n, location=item.location, sublayer=item.sublayer)
                for n in numbers
                for item in made[n]
                if item.phase == "call"
            ),
            state=tuple(self._growing()),
            retraced=tuple(self._retraced()),
        )

    def _growing(self) -> list[GrowingState]:
        if len(self.done) < 3:
            return []
        growing = []
        for item in self.held:
            sizes = [call.sizes.get(item.attribute) for call in self.done]
            known = [size for size in sizes if size is not None]
            steps = [b - a for a, b in pairwise(known)]
            if len(known) == len(sizes) and min(steps) > 0 and not item.framework_owned:
                tensors = isinstance(item.thing, tf.Tensor) or _holds_tensors(item.thing)
                growing.append(
                    GrowingState(
                        attribute=item.attribute,
                        kind="tensors" if tensors else "objects",
                        sizes=tuple(known),
                        location=item.location,
                        leaks=tensors,
                    )
                )
        return growing

    def _retraced(self) -> list[Retrace]:
        """Return the functions that were traced in every call after the first."""
        ends: list[int] = []
        for call in self.done:
            ends.append((ends[-1] if ends else 0) + call.traces)
        spans = list(zip([0, *ends], ends, strict=False))
        counts: dict[str, list[int]] = {}
        where: dict[str, Any] = {}
        for number, (first, last) in enumerate(spans):
            for trace in self.traces.seen[first:last]:
                counts.setdefault(trace.function, [0] * len(spans))[number] += 1
                where[trace.function] = trace.location
        return [
            Retrace(function=name, location=where[name], traces=tuple(found))
            for name, found in counts.items()
            if len(found) > 2 and all(found[1:])
        ]


def _size(item: Held) -> int | None:
    """Return how much a container or tensor holds; None where it cannot grow without end."""
    if isinstance(item.thing, (tf.Tensor, np.ndarray)):
        return math.prod(tuple(item.thing.shape)) if item.thing.shape is not None else None
    if not isinstance(item.thing, Collection) or getattr(item.thing, "maxlen", None) is not None:
        return None
    try:
        return len(item.thing)
    except Exception:
        return None


def _holds_tensors(container: Any) -> bool:
    try:
        values = container.values() if hasattr(container, "values") else container
        return any(isinstance(item, tf.Tensor) for item in list(values)[-1:])
    except Exception:
        return False
