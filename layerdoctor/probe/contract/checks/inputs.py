"""Whether the call leaves its inputs as they are: tensors, eager and traced, and NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import Trace, line_of, operations
from layerdoctor.probe.contract.running import Inputs
from layerdoctor.probe.hooks.changing_lines import line_that_changes

IN_GRAPH = "inside `tf.function`"
PYTHON = ("PyFunc", "EagerPyFunc", "PyFuncStateless")


def check(context: Context) -> Iterator[Breach]:
    """Yield each input that is not what it was before the call."""
    eager = {
        m.subject
        for training in context.modes
        for r in context.eager(training)
        for m in r.mutations
    }
    location = _line(context, context.subject.tensors()) if eager else None
    for subject in sorted(eager):
        yield Breach(kind="mutated", subject=subject, location=location)
    known = set(eager)
    for subject, place in _in_graph(context):
        if subject not in known:
            yield Breach(kind="mutated", subject=subject, received=IN_GRAPH, location=place)
            known.add(subject)
    changed = sorted(set(_as_arrays(context)) - known)
    location = _line(context, _arrays(context)) if changed else None
    for subject in changed:
        yield Breach(kind="mutated-array", subject=subject, location=location)


def _arrays(context: Context) -> list[Any]:
    return [np.array(array) for array in context.subject.arrays]


def _as_arrays(context: Context) -> list[str]:
    """Return the NumPy arrays that change: a plain module gets them as they are.

    On them ``x *= 2`` works in place, which on a tensor makes another one.
    """
    if context.subject.framework != "tf.Module":
        return []
    inputs = Inputs(context.subject, _arrays(context))
    try:
        inputs.call(context.layer, training=False)
    except Exception:
        return []
    finally:
        context.start.restore()
    return [mutation.subject for mutation in inputs.overwritten()]


def _line(context: Context, values: Sequence[Any]) -> Location | None:
    inputs = Inputs(context.subject, values)
    try:
        return line_that_changes(
            lambda: inputs.call(context.layer, False), inputs.fingerprint, context.author
        )
    finally:
        context.start.restore()


def _in_graph(context: Context) -> Iterator[tuple[str, Location | None]]:
    for training in context.modes:
        trace = context.trace(training)
        if isinstance(trace, Exception):
            continue
        yield from ((mutation.subject, context.call_line) for mutation in trace.moved)
        python = next((pair for pair in operations(trace.graph) if pair[0].type in PYTHON), None)
        if python is not None:
            place = line_of(python[0], context.author) or line_of(python[1], context.author)
            subjects, line = _overwritten(context, trace)
            yield from ((subject, line or place) for subject in subjects)
            return


def _overwritten(context: Context, trace: Trace) -> tuple[list[str], Location | None]:
    """Return the inputs that Python code inside the graph writes into, and its line that does."""
    tensors = context.subject.tensors()
    inputs = Inputs(context.subject, tensors)
    try:
        line = line_that_changes(lambda: trace.run(tensors), inputs.fingerprint, context.author)
    finally:
        context.start.restore()
    return [mutation.subject for mutation in inputs.overwritten()], line
