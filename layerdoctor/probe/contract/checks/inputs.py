"""Whether the call leaves its inputs as they are: tensors, eager and traced, and NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.context import Bench
from layerdoctor.probe.contract.graphs import Trace, line_of, operations
from layerdoctor.probe.contract.lines import line_that_changes
from layerdoctor.probe.contract.running import Inputs

IN_GRAPH = "inside `tf.function`"
PYTHON = ("PyFunc", "EagerPyFunc", "PyFuncStateless")


def check(bench: Bench) -> Iterator[Breach]:
    """Yield each input that is not what it was before the call."""
    eager = {
        m.subject for training in bench.modes for r in bench.eager(training) for m in r.mutations
    }
    location = _line(bench, bench.subject.tensors()) if eager else None
    for subject in sorted(eager):
        yield Breach(kind="mutated", subject=subject, location=location)
    known = set(eager)
    for subject, place in _in_graph(bench):
        if subject not in known:
            yield Breach(kind="mutated", subject=subject, received=IN_GRAPH, location=place)
            known.add(subject)
    changed = sorted(set(_as_arrays(bench)) - known)
    location = _line(bench, _arrays(bench)) if changed else None
    for subject in changed:
        yield Breach(kind="mutated-array", subject=subject, location=location)


def _arrays(bench: Bench) -> list[Any]:
    return [np.array(array) for array in bench.subject.arrays]


def _as_arrays(bench: Bench) -> list[str]:
    """Return the NumPy arrays that change: a plain module gets them as they are.

    On them ``x *= 2`` works in place, which on a tensor makes another one.
    """
    if bench.subject.framework != "tf.Module":
        return []
    inputs = Inputs(bench.subject, _arrays(bench))
    try:
        inputs.call(bench.layer, training=False)
    except Exception:
        return []
    finally:
        bench.start.restore()
    return [mutation.subject for mutation in inputs.overwritten()]


def _line(bench: Bench, values: Sequence[Any]) -> Location | None:
    inputs = Inputs(bench.subject, values)
    try:
        return line_that_changes(
            lambda: inputs.call(bench.layer, False), inputs.fingerprint, bench.author
        )
    finally:
        bench.start.restore()


def _in_graph(bench: Bench) -> Iterator[tuple[str, Location | None]]:
    for training in bench.modes:
        trace = bench.trace(training)
        if isinstance(trace, Exception):
            continue
        yield from ((mutation.subject, bench.call_line) for mutation in trace.moved)
        python = next((pair for pair in operations(trace.graph) if pair[0].type in PYTHON), None)
        if python is not None:
            place = line_of(python[0], bench.author) or line_of(python[1], bench.author)
            yield from ((subject, place) for subject in _overwritten(bench, trace))
            return


def _overwritten(bench: Bench, trace: Trace) -> list[str]:
    """Return the inputs that Python code inside the graph writes into."""
    tensors = bench.subject.tensors()
    inputs = Inputs(bench.subject, tensors)
    try:
        trace.run(tensors)
    except Exception:
        return []
    finally:
        bench.start.restore()
    return [mutation.subject for mutation in inputs.overwritten()]
