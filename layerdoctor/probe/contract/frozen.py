"""Python state that tracing freezes and one graph run does not show: counters, and first calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.attributes import Attribute, attributes_of, changed_since
from layerdoctor.probe.contract.clock import follows_clock
from layerdoctor.probe.contract.comparing import arrays_of, difference, finite
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.generators import Generators
from layerdoctor.probe.contract.graphs import Trace, specs_of
from layerdoctor.probe.contract.models.kept_trace import compiled
from layerdoctor.probe.hooks.changing_lines import line_that_changes
from layerdoctor.probe.hooks.frames import CONVERTED
from layerdoctor.probe.hooks.inlining import functions_eager
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Snapshot

_Look: TypeAlias = Callable[[Context, bool], Breach | None]

FAR = (10, 1000)
"""How many calls ahead a counter is put: what fades in, or begins late, shows there."""
DRAWS = 4
"""How many more runs are compared: two draws may agree."""
TRIES = 3
"""How many counters are put ahead."""


def frozen(context: Context) -> Iterator[Breach]:
    """Yield what outputs or losses depend on: a counter or a flag the calls move, or the clock."""
    for training in reversed(context.modes):
        trace = context.trace(training)
        if isinstance(trace, Exception) or context.drawing(trace):
            continue
        breach = _seen(context, training, (_counted, _first_call, follows_clock))
        if breach is None and compiled(context) is not None:
            with functions_eager(True):
                breach = _seen(context, training, (_counted, _drawn, follows_clock))
        if breach is not None:
            yield breach
            return


def _seen(context: Context, training: bool, looks: Sequence[_Look]) -> Breach | None:
    found = (look(context, training) for look in looks)
    return next((breach for breach in found if breach is not None), None)


def _counted(context: Context, training: bool) -> Breach | None:
    if training in context.draws_in_python:
        return None
    before = attributes_of(context.layer)
    try:
        context.run(training)
        counters = [item for item in _moved(before, context.layer) if _is_number(item.value)]
        for item in counters[:TRIES]:
            step = item.value - before[item.path].value
            apart = _apart_ahead(context, training, item, step)
            if apart is not None:
                return frozen_by(context, item, apart)
    except Exception:
        return None
    finally:
        context.start.restore()
    return None


def _apart_ahead(context: Context, training: bool, item: Attribute, step: Any) -> float | None:
    """Return how far outputs and losses lie apart now and some calls on, all else the same."""
    try:
        for ahead in FAR:
            outputs = []
            for value in (item.value, item.value + ahead * step):
                item.put(value)
                context.start.restore()
                returned = context.run(training).outputs
                outputs.append([*returned, *arrays_of(framework.losses_of(context.layer))])
            apart = difference(*outputs)
            if apart is not None:
                return apart
    finally:
        item.put(item.value)
    return None


def _drawn(context: Context, training: bool) -> Breach | None:
    """Return what draws from Python's or NumPy's generators, and what outputs depend on."""
    generators = Generators(context.layer)
    try:
        first, *others = (_run(context, training) for _ in range(1 + DRAWS))
        drawn = generators.advanced()
        apart = max((difference(first, other) or 0.0 for other in others), default=0.0)
        if drawn is None or not apart:
            return None
        line = line_that_changes(partial(context.run, training), generators.states, context.author)
        if line is None or CONVERTED in line.file:
            line = compiled(context)
        return Breach(kind="mismatch", op=drawn, difference=finite(apart), location=line)
    except Exception:
        return None
    finally:
        context.start.restore()


def _run(context: Context, training: bool) -> list[Any]:
    context.start.restore()
    return context.run(training).outputs


def _first_call(context: Context, training: bool) -> Breach | None:
    """Return a flag of which the trace of a fresh layer keeps what it was before the first call.

    The graph does at each call what was meant for the first; called by hand, the same layer in the
    same state does it no more.
    """
    if context.obstacle is not None:
        return None
    try:
        subject = context.fresh()
        before = attributes_of(subject.layer)
        if not _moved(before, context.layer):
            return None
        tensors = subject.tensors()
        trace = Trace(subject, specs_of(tensors), training)
        trace.run(tensors)
        moved = _moved(before, subject.layer)
        state = Snapshot.of(context.variables(subject.layer))
        others = subject.redrawn(1)
        graph = arrays_of(trace.run(subject.tensors(others)))
        state.restore()
        eager = arrays_of(subject.run(subject.tensors(others), training=training))
    except Exception:
        return None
    apart = difference(eager, graph)
    return frozen_by(context, moved[0], apart) if moved and apart is not None else None


def frozen_by(context: Context, item: Attribute, apart: float) -> Breach:
    """Return the breach of an attribute that tracing freezes; outputs lie that far apart."""
    location = item.location(context.assignments) or context.call_line
    amount = finite(apart)
    return Breach(kind="mismatch", subject=item.path, difference=amount, location=location)


def _moved(before: dict[str, Attribute], layer: Any) -> list[Attribute]:
    """Return the plain numbers, flags and texts of a layer that are no longer what they were."""
    return [
        item
        for item in changed_since(before, layer)
        if isinstance(item.value, (bool, int, float, str))
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
