"""Whether the layer can be traced, and whether the graph computes what the eager call computes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.attributes import Attribute, attributes_of, equal
from layerdoctor.probe.contract.bench import Bench
from layerdoctor.probe.contract.comparing import arrays_of, difference, differing, finite
from layerdoctor.probe.contract.generators import Generators
from layerdoctor.probe.contract.leaks import leaked
from layerdoctor.probe.contract.lines import line_that_changes
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.contract.traced import Trace

NOISE = 1e-6
TRIES = 3
"""How many attributes are tried for being what tracing froze."""


def check(bench: Bench) -> Iterator[Breach]:
    """Yield tensors that tracing leaves behind, failures to trace, and different results."""
    if getattr(bench.layer, "dynamic", False) is True:
        raise Skipped("the layer is declared `dynamic=True`")
    leaks = list(leaked(bench))
    yield from leaks
    skipped: Skipped | None = None
    for training in bench.modes:
        try:
            found = list(_compared(bench, training))
        except Skipped as reason:
            skipped = reason
            continue
        yield from found
        if found:
            return
    if skipped is not None and not leaks:
        raise skipped


def _compared(bench: Bench, training: bool) -> Iterator[Breach]:
    trace = bench.trace(training)
    if isinstance(trace, Exception):
        yield Breach(kind="eager-only", failure=bench.failure(trace, "graph"))
        return
    drawing = bench.drawing(trace)
    if drawing is not None:
        raise Skipped(f"`{drawing[0].type}` draws anew in each run, in the graph too")
    eager = bench.eager(training)
    try:
        graph = _executed(bench, trace, len(eager))
    except Exception as error:
        yield Breach(kind="eager-only", failure=bench.failure(error, "graph"))
        return
    apart = [difference(run.outputs, outputs) for run, outputs in zip(eager, graph, strict=True)]
    if all(one is None for one in apart) or _is_noise(bench, trace, eager[0].outputs, graph[0]):
        return
    if difference(graph[0], _executed(bench, trace, 1)[0]) is not None:
        raise Skipped("Python code that the graph calls gives another result in each run")
    yield _mismatch(bench, training, max(one for one in apart if one is not None))


def _executed(bench: Bench, trace: Trace, count: int) -> list[list[Any]]:
    bench.start.restore()
    try:
        return [arrays_of(trace.run(bench.subject.tensors())) for _ in range(count)]
    finally:
        bench.start.restore()


def _is_noise(bench: Bench, trace: Trace, eager: list[Any], graph: list[Any]) -> bool:
    """Whether the outputs differ only where float noise in the inputs makes them jump.

    So it is where values that should tie are told apart by ``argmax``, top-k or rounding.
    """
    if [array.shape for array in eager] != [array.shape for array in graph]:
        return False
    left = [differing(one, other) for one, other in zip(eager, graph, strict=True)]
    generator = np.random.default_rng(0)
    for _ in range(2):
        arrays = [_noisy(array, generator) for array in bench.subject.arrays]
        bench.start.restore()
        jumped = arrays_of(trace.run(bench.subject.tensors(arrays)))
        left = [a & ~differing(g, j) for a, g, j in zip(left, graph, jumped, strict=True)]
    bench.start.restore()
    return not any(where.any() for where in left)


def _noisy(array: Any, generator: Any) -> Any:
    if array.dtype.kind != "f":
        return array
    noise = generator.standard_normal(array.shape) * NOISE
    return (array * (1 + noise) + noise).astype(array.dtype)


def _mismatch(bench: Bench, training: bool, apart: float) -> Breach:
    before = attributes_of(bench.layer)
    generators = Generators(bench.layer)
    bench.run(training)
    drawn = generators.advanced()
    changed = [
        item for path, item in attributes_of(bench.layer).items()
        if path in before and not equal(before[path].value, item.value)
    ]  # fmt: skip
    amount = finite(apart)
    for item in changed[:TRIES]:
        if len(changed) == 1 or _matters(bench, training, item, before[item.path]):
            where = item.location(bench.origins) or bench.call_line
            return Breach(kind="mismatch", subject=item.path, difference=amount, location=where)
    line = None
    if drawn is not None:
        line = line_that_changes(lambda: bench.run(training), generators.states, bench.author)
    bench.start.restore()
    return Breach(kind="mismatch", op=drawn, difference=amount, location=line or bench.call_line)


def _matters(bench: Bench, training: bool, now: Attribute, before: Attribute) -> bool:
    """Whether the output depends on what an attribute holds before the call."""
    outputs = []
    for attribute in (now, before):
        attribute.put_into(now.owner)
        bench.start.restore()
        outputs.append(bench.run(training).outputs)
    now.put_into(now.owner)
    return difference(*outputs) is not None
