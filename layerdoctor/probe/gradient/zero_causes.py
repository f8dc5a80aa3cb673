"""Who holds a gradient at zero: the variable itself, another one, the data, a softmax over one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from layerdoctor.probe.gradient.causes import ends_of_good
from layerdoctor.probe.gradient.passes import Pass
from layerdoctor.probe.hooks.recording import Operation
from layerdoctor.user_code import Author

SOFTMAXES = ("Softmax", "LogSoftmax")


def held_by_themselves(
    found: Pass, starts: Iterable[int], good: Callable[[Any], bool], others: Iterable[int]
) -> set[int]:
    """Return those that no other one holds where their gradient is no longer ``good``.

    A product with a zero has no slope until the other factor moves; ``tf.abs`` at zero has none
    whatever others do. Where several meet in the operation, none is returned. The pass has to have
    ``keep``.
    """
    sources = found.flow.sources(others)
    held = set()
    for start in starts:
        cuts = ends_of_good(found, start, good)
        met = {sources[t] for cut in cuts for t in cut.operation.inputs if t in sources}
        if met <= {start}:
            held.add(start)
    return held


def softmax_over_one(found: Pass, start: int) -> bool:
    """Whether a softmax over a single element is on the way: it has no slope for anybody."""
    reached = found.flow.reached_from([start])
    values = found.flow.recording.tensors
    return any(
        operation.type in SOFTMAXES and values[tensor].shape[-1] == 1
        for operation in found.flow.recording.operations
        for tensor in operation.outputs
        if tensor in reached and tensor in values
    )


def meeting(
    found: Pass, starts: Collection[int], good: Callable[[Any], bool]
) -> dict[int, list[int]]:
    """Return which others of the starts take part where the gradient of each ends.

    Two factors of one product that are both zero keep each other there. The pass has to have
    ``keep``.
    """
    reached = {start: found.flow.reached_from([start]) for start in starts}
    met: dict[int, list[int]] = {}
    for start in starts:
        taken = {t for cut in ends_of_good(found, start, good) for t in cut.operation.inputs}
        met[start] = [one for one in starts if one != start and not taken.isdisjoint(reached[one])]
    return met


def chosen_by_data(
    found: Pass,
    starts: Collection[int],
    flowing: Iterable[int],
    good: Callable[[Any], bool],
    author: Author,
) -> set[int]:
    """Return those whose gradient ends where the same line hands on that of another variable.

    So it is in a loop over experts of which the data chooses some. The pass has to have ``keep``.
    """
    if not starts:
        return set()
    kept = found.intermediates

    def places(operation: Operation, reached: Collection[int], *, flows: bool) -> Iterator[object]:
        where = operation.type, author.location(operation.frames)
        for position, tensor in enumerate(operation.inputs):
            if tensor in reached and (kept.get(tensor) is not None and good(kept[tensor])) is flows:
                yield (*where, position)

    others = found.flow.reached_from(flowing)
    alive = {
        p for each in found.flow.recording.operations for p in places(each, others, flows=True)
    }
    chosen = set()
    for start in starts:
        reached = found.flow.reached_from([start])
        cuts = ends_of_good(found, start, good)
        ended = {p for cut in cuts for p in places(cut.operation, reached, flows=False)}
        if ended and ended <= alive:
            chosen.add(start)
    return chosen
