"""Whether the layer can be traced, and whether the graph computes what the eager call computes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from layerdoctor.facts import Breach, Location, Stage
from layerdoctor.probe.contract.assigned_in_build import forgotten
from layerdoctor.probe.contract.attributes import Attribute, attributes_of, changed_since
from layerdoctor.probe.contract.clock import follows_clock
from layerdoctor.probe.contract.comparing import arrays_of, difference, differing, finite
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.frozen import frozen, frozen_by
from layerdoctor.probe.contract.generators import Generators
from layerdoctor.probe.contract.graph_gradients import raised_on_the_way_back
from layerdoctor.probe.contract.graphs import (
    Trace,
    differing_constant,
    line_of,
    operations,
    specs_of,
)
from layerdoctor.probe.contract.leaks import leaked
from layerdoctor.probe.contract.models.kept_trace import kept_traces
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.hooks.changing_lines import line_that_changes

NODE = re.compile(r"\{\{node ([^}]+)\}\}")
NOISE = 1e-6
DRAWS = 6
"""How often a layer that draws in Python is run again where graph and eager runs agree."""
TRIES = 3
"""How many attributes are tried for being what tracing froze."""


def check(context: Context) -> Iterator[Breach]:
    """Yield tensors that tracing leaves behind, failures to trace, and different results."""
    if getattr(context.layer, "dynamic", False) is True:
        raise Skipped("the layer is declared `dynamic=True`")
    leaks = list(leaked(context))
    yield from leaks
    if not leaks and not context.is_whole_model:
        with suppress(Exception):  # what fails there fails in the training too
            yield from forgotten(context)
        with suppress(Exception):
            yield from kept_traces(context)
    skipped: Skipped | None = None
    for training in context.modes:
        found = list(_on_the_way_back(context, training))
        try:
            found += _compared(context, training)
        except Skipped as reason:
            skipped = reason
        yield from found
        if found:
            return
    still = [] if context.is_whole_model else list(frozen(context))
    yield from still
    if still:
        return
    if skipped is not None and not leaks:
        raise skipped


def _on_the_way_back(context: Context, training: bool) -> Iterator[Breach]:
    """Yield what the author's custom gradients raise in a graph; eagerly they have run before."""
    trace = context.trace(training)
    error = None if isinstance(trace, Exception) else raised_on_the_way_back(trace.graph)
    failure = context.failure(error, "graph") if error else None
    if failure and failure.location:
        yield Breach(kind="eager-only", failure=replace(failure, stage=Stage.GRADIENT))


def _compared(context: Context, training: bool) -> Iterator[Breach]:
    trace = context.trace(training)
    if isinstance(trace, Exception):
        yield Breach(kind="eager-only", failure=context.failure(trace, "graph"))
        return
    drawing = context.drawing(trace)
    if drawing is not None:
        raise Skipped(f"`{drawing[0].type}` draws anew in each run, in the graph too")
    eager = context.eager(training)
    try:
        graph = _executed(context, trace, len(eager))
    except Exception as error:
        failure = context.failure(error, "graph")
        line = failure.location or _line_of_node(context, trace, error) or context.call_line
        yield Breach(kind="eager-only", failure=replace(failure, location=line), location=line)
        return
    pairs = list(zip((run.outputs for run in eager), graph, strict=True))
    if not any(difference(*pair) for pair in pairs):
        pairs = [(outputs, graph[0]) for outputs in _by_chance(context, training, graph[0])]
    apart = [amount for pair in pairs if (amount := difference(*pair)) is not None]
    if not apart or _is_noise(context, trace, *pairs[0]):
        return
    if difference(graph[0], _executed(context, trace, 1)[0]) is not None:
        raise Skipped("Python code that the graph calls gives another result in each run")
    yield _mismatch(context, training, max(apart))


def _line_of_node(context: Context, trace: Trace, error: Exception) -> Location | None:
    """Return the author's line of the operation that an error of a running graph names."""
    named = NODE.search(str(error))
    for operation, _ in operations(trace.graph):
        if named is not None and operation.name == named[1]:
            return line_of(operation, context.author)
    return None


def _by_chance(context: Context, training: bool, graph: list[Any]) -> Iterator[list[Any]]:
    """Yield what a further run returns, where Python's draws had agreed and no longer do."""
    for _ in range(DRAWS if training in context.draws_in_python else 0):
        context.start.restore()
        outputs = context.run(training).outputs
        if difference(outputs, graph) is not None:
            context.start.restore()
            yield outputs
            return


def _executed(context: Context, trace: Trace, count: int) -> list[list[Any]]:
    context.start.restore()
    try:
        return [arrays_of(trace.run(context.subject.tensors())) for _ in range(count)]
    finally:
        context.start.restore()


def _is_noise(context: Context, trace: Trace, eager: list[Any], graph: list[Any]) -> bool:
    """Whether the outputs differ only where float noise in the inputs makes them jump.

    So it is where values that should tie are told apart by ``argmax``, top-k or rounding.
    """
    if [array.shape for array in eager] != [array.shape for array in graph]:
        return False
    left = [differing(one, other) for one, other in zip(eager, graph, strict=True)]
    generator = np.random.default_rng(0)
    for _ in range(2):
        arrays = [_noisy(array, generator) for array in context.subject.arrays]
        context.start.restore()
        jumped = arrays_of(trace.run(context.subject.tensors(arrays)))
        left = [a & ~differing(g, j) for a, g, j in zip(left, graph, jumped, strict=True)]
    context.start.restore()
    return not any(where.any() for where in left)


def _noisy(array: Any, generator: Any) -> Any:
    if array.dtype.kind != "f":
        return array
    noise = generator.standard_normal(array.shape) * NOISE
    return (array * (1 + noise) + noise).astype(array.dtype)


def _mismatch(context: Context, training: bool, apart: float) -> Breach:
    generators = Generators(context.layer)
    changed = _changed(context, training)
    drawn = generators.advanced()
    amount = finite(apart)
    for before, now in changed[:TRIES]:
        if len(changed) == 1 or _matters(context, training, now, before):
            return frozen_by(context, now, apart)
    if drawn is None and (clocked := follows_clock(context, training)) is not None:
        return replace(clocked, difference=amount)
    line = None
    if drawn is not None:
        line = line_that_changes(lambda: context.run(training), generators.states, context.author)
    elif (item := _changed_elsewhere(context, training)) is not None:
        return frozen_by(context, item, apart)
    context.start.restore()
    line = line or _line_of_constant(context, training) or context.call_line
    return Breach(kind="mismatch", op=drawn, difference=amount, location=line)


def _line_of_constant(context: Context, training: bool) -> Location | None:
    """Return the line where a value of Python's becomes a constant, another one in each trace."""
    specs = specs_of(context.subject.tensors())
    traces = [context.traced(specs, training) for _ in range(2)]
    one, other = (trace.graph if isinstance(trace, Trace) else None for trace in traces)
    constant = differing_constant(one, other) if one and other else None
    return line_of(constant, context.author) if constant else None


def _changed(context: Context, training: bool) -> list[tuple[Attribute, Attribute]]:
    """Return the attributes that a run changes: as they were, and as they are."""
    before = attributes_of(context.layer)
    context.run(training)
    return [(before[now.path], now) for now in changed_since(before, context.layer)]


def _changed_elsewhere(context: Context, training: bool) -> Attribute | None:
    """Return what runs change with ``training`` another way, and outputs this way depend on."""
    for mode in context.modes:
        for before, now in _changed(context, mode)[:TRIES] if mode != training else ():
            if _matters(context, training, now, before):
                return now
    return None


def _matters(context: Context, training: bool, now: Attribute, before: Attribute) -> bool:
    """Whether the output depends on what an attribute holds before the call."""
    outputs = []
    for attribute in (now, before):
        now.put(attribute.value)
        context.start.restore()
        outputs.append(context.run(training).outputs)
    now.put(now.value)
    return difference(*outputs) is not None
