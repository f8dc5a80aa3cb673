"""Calling the layer again and again, and what each call leaves behind."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import GrowingState, Growth, Location, NewVariable, Phase, Retrace
from layerdoctor.probe.contents.object_walk import Held
from layerdoctor.probe.hooks.creation import Creation, Creations
from layerdoctor.probe.hooks.tracing import TraceCounts, TracedCall
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject

LARGEST = 2**24
"""Bytes of the largest array whose numbers are looked at after each call."""


@dataclass(slots=True)
class Call:
    """What was there after one call."""

    tracked: int
    traces: int
    sizes: dict[str, int]
    """How much each container and tensor holds, by its path."""
    identities: dict[str, int]
    """Which tensor or array each path holds."""


@dataclass(slots=True)
class Calls:
    """The calls of one layer on the same inputs, and what grew on the way."""

    subject: Subject
    creations: Creations
    traces: TraceCounts
    walk: Callable[[], list[Held]]
    done: list[Call] = field(default_factory=list)
    returned: Any = None
    held: list[Held] = field(default_factory=list)
    """What the layer held after the last call."""
    training: bool | None = None
    """The mode of the calls; None leaves it to the layer."""
    start: int = 0
    """How many calls were made before these."""
    traced_before: int = 0
    """How often something was traced before these."""
    called: set[int] = field(default_factory=set)
    """The identities of the layers that ran."""
    earlier: set[int] = field(default_factory=set)
    """The identities of the sub-layers that were there before ``call`` ran."""
    before: dict[Phase, dict[str, int]] = field(default_factory=dict)
    """Which tensor or array each path held after ``init`` and after ``build``."""

    def call(self) -> None:
        """Call once more; raises what the layer raises."""
        self.creations.call = self.start + len(self.done) + 1
        self.creations.phase = "call"
        self.creations.layer = self.subject.layer
        before = len(self.traces.seen)
        if not self.before:
            self._note("init")
        try:
            with self.traces.watch(), self._built(), framework.layers_called(self.called):
                self.returned = self.subject.run(training=self.training)
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
                identities=_identities(self.held),
            )
        )

    def _note(self, phase: Phase) -> None:
        held = self.walk()
        self.before[phase] = _identities(held)
        self.earlier.update(id(item.thing) for item in held if framework.is_layer(item.thing))

    @contextmanager
    def _built(self) -> Iterator[None]:
        """Note what the layer holds when its ``build`` has run, which its first call does."""
        build = getattr(self.subject.layer, "build", None)
        if "build" in self.before or not framework.is_layer(self.subject.layer) or build is None:
            yield
            return

        @functools.wraps(build)
        def build_and_note(*args: Any, **kwargs: Any) -> Any:
            returned = build(*args, **kwargs)
            self._note("build")
            return returned

        own = vars(self.subject.layer)
        kept = own.get("build")
        own["build"] = build_and_note
        try:
            yield
        finally:
            own.pop("build", None)
            if kept is not None:
                own["build"] = kept

    def created_in(self, item: Held) -> Phase | None:
        """Return the phase that put a tensor or array where it is; None for what is no own."""
        if item.holder in ("global", "class"):
            return None
        for phase, identities in self.before.items():
            if identities.get(item.attribute) == _identity(item.thing):
                return phase
        return "call"

    def put_in_call(self, item: Held) -> bool:
        """Whether ``call`` has put a sub-layer where it is."""
        return id(item.thing) not in self.earlier

    @property
    def has_built(self) -> bool:
        """Whether the layer's ``build`` has ended, which the first call runs."""
        return "build" in self.before

    @property
    def stores(self) -> bool:
        """Whether a call, or the ``build`` in it, has put a tensor or an array on the layer."""
        return any(call.identities != self.before["init"] for call in self.done)

    def called_sublayers(self) -> set[str]:
        """Return the paths of the sub-layers that were called."""
        layers = (item for item in self.held if framework.is_layer(item.thing))
        return {item.attribute for item in layers if id(item.thing) in self.called}

    def kept_by_call(self, attribute: str) -> bool:
        """Whether each call puts another tensor, or other numbers, there."""
        seen = [call.identities.get(attribute) for call in self.done]
        return len(seen) > 1 and seen[0] != seen[-1]

    def repeat(self, count: int) -> None:
        """Call until ``count`` calls are made, and on where these do not show what grows.

        Then call in training mode, where the layer has one; these calls stand for all where only
        they leave something behind. Raises what the layer raises.
        """
        while len(self.done) < count:
            self.call()
        if self._is_undecided():
            while len(self.done) < 2 * count:
                self.call()
        if self.subject.has_training and not self._grows():
            self._repeat_in_training(count)

    def _repeat_in_training(self, count: int) -> None:
        usual = (self.done, self.start, self.traced_before, self.returned)
        self.start, self.traced_before = len(self.done), len(self.traces.seen)
        self.done, self.training = [], True
        self.call()
        if self._made(0) or self.done[0].sizes != usual[0][-1].sizes or self.done[0].traces:
            while len(self.done) < count:
                self.call()
        if len(self.done) < count or not self._grows():
            self.done, self.start, self.traced_before, self.returned = usual
        self.training = None

    def _made(self, index: int) -> tuple[Creation, ...]:
        """Return the variables that one of the calls made."""
        return self.creations.in_call(self.start + index + 1)

    def _is_undecided(self) -> bool:
        """Whether something grew in some of the later calls and not in others."""
        made = [bool(self._made(index)) for index in range(1, len(self.done))]
        steps = [_steps(sizes) for _, sizes in self._sizes()]
        return any(any(grew) and not all(grew) for grew in (made, *steps))

    def _grows(self) -> bool:
        made = [index for index in range(1, len(self.done)) if self._made(index)]
        return len(made) > 1 or bool(self._growing()) or bool(self._retraced())

    def growth(self) -> Growth:
        """Return what grew over the calls that were made."""
        numbers = range(1, len(self.done) + 1)
        made = {number: self._made(number - 1) for number in numbers}
        return Growth(
            calls=len(self.done),
            variables_per_call=tuple(len(made[number]) for number in numbers),
            tracked_per_call=tuple(call.tracked for call in self.done),
            new_variables=tuple(
                NewVariable(
                    name=item.name,
                    call=n,
                    location=item.location,
                    sublayer=item.sublayer,
                    inner_location=item.inner_location,
                )
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
        for item, sizes in self._sizes():
            shrinks = any(b < a for a, b in pairwise(sizes))
            if sum(_steps(sizes)) > 1 and not shrinks and not item.trimmed:
                tensors = isinstance(item.thing, tf.Tensor) or _holds_tensors(item.thing)
                growing.append(
                    GrowingState(
                        attribute=item.attribute,
                        kind="tensors" if tensors else "objects",
                        sizes=tuple(sizes),
                        location=item.filled or item.location,
                        leaks=tensors,
                    )
                )
        return growing

    def _sizes(self) -> list[tuple[Held, list[int]]]:
        """Return how much each of the author's containers and tensors held after each call."""
        found = []
        for item in self.held:
            sizes = [call.sizes.get(item.attribute) for call in self.done]
            known = [size for size in sizes if size is not None]
            if len(known) == len(sizes) and not item.framework_owned:
                found.append((item, known))
        return found

    def _retraced(self) -> list[Retrace]:
        """Return the functions that were traced in every call after the first."""
        ends = [self.traced_before]
        for call in self.done:
            ends.append(ends[-1] + call.traces)
        spans = list(pairwise(ends))
        counts: dict[str, list[int]] = {}
        traces: dict[str, list[TracedCall]] = {}
        for number, (first, last) in enumerate(spans):
            for trace in self.traces.seen[first:last]:
                counts.setdefault(trace.function, [0] * len(spans))[number] += 1
                traces.setdefault(trace.function, []).append(trace)
        return [
            Retrace(function=name, location=_cause_of(traces[name]), traces=tuple(found))
            for name, found in counts.items()
            if len(found) > 2 and all(found[1:])
        ]


def _cause_of(traces: Sequence[TracedCall]) -> Location | None:
    """Return the line of a function that each call makes anew, else the line that calls it."""
    *_, before, last = traces
    is_new = last.traced is not before.traced
    return (last.made_at if is_new else None) or last.location


def _steps(sizes: Sequence[int]) -> list[bool]:
    return [before < after for before, after in pairwise(sizes)]


def _identities(held: Iterable[Held]) -> dict[str, int]:
    return {
        item.attribute: _identity(item.thing)
        for item in held
        if isinstance(item.thing, (tf.Tensor, np.ndarray))
    }


def _identity(thing: Any) -> int:
    """Return what tells a tensor from all others, and an array also from its former numbers."""
    if isinstance(thing, tf.Tensor):
        return int(getattr(thing, "_id", id(thing)))
    known = thing.tobytes() if thing.nbytes <= LARGEST and thing.dtype != object else b""
    return hash((id(thing), known))


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
