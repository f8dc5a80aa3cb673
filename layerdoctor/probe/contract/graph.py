"""Whether the layer can be traced, and whether the graph computes what the eager call computes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.attributes import attributes_of, equal
from layerdoctor.probe.contract.bench import Bench
from layerdoctor.probe.contract.comparing import arrays_of, difference, differing, finite
from layerdoctor.probe.contract.leaks import leaked
from layerdoctor.probe.contract.lines import line_that_changes
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.contract.traced import Trace

NOISE = 1e-6
TRIES = 4
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
    apart = [
        difference(run.outputs, outputs) for run, outputs in zip(eager, graph, strict=True)
    ]
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
    generators = _Generators(bench)
    bench.run(training)
    drawn = generators.advanced()
    changed = [
        item for path, item in attributes_of(bench.layer).items()
        if path in before and not equal(before[path].value, item.value)
    ]  # fmt: skip
    amount = finite(apart)
    for item in changed[:TRIES]:
        if len(changed) == 1 or _matters(bench, training, item.owner, item.name, before[item.path]):
            where = item.location(bench.origins) or bench.call_line
            return Breach(kind="mismatch", subject=item.path, difference=amount, location=where)
    line = None
    if drawn is not None:
        line = line_that_changes(lambda: bench.run(training), generators.states, bench.author)
    bench.start.restore()
    return Breach(
        kind="mismatch", op=drawn, difference=amount, location=line or bench.call_line
    )


def _matters(bench: Bench, training: bool, owner: Any, name: str, before: Any) -> bool:
    """Whether the output depends on what an attribute holds before the call."""
    now = getattr(owner, name)
    outputs = []
    for value in (now, getattr(before, "value", now)):
        object.__setattr__(owner, name, value)
        bench.start.restore()
        outputs.append(bench.run(training).outputs)
    return difference(*outputs) is not None


class _Generators:
    """The random generators of Python and NumPy that a layer can draw from."""

    def __init__(self, bench: Bench) -> None:
        self._own = {
            path: held for path, held in _held_generators(bench.layer) if path != "self"
        }
        self._before = self.states()

    def states(self) -> dict[str, Any]:
        """Return the state of each generator, by its name."""
        legacy = np.random.get_state(legacy=True)
        found: dict[str, Any] = {
            "np.random": (bytes(legacy[1]), *legacy[2:]),
            "random": random.getstate(),
        }
        found |= {path: repr(held.bit_generator.state) for path, held in self._own.items()}
        return found

    def advanced(self) -> str | None:
        """Return the name of a generator that has drawn since the start."""
        now = self.states()
        return next((name for name in now if now[name] != self._before[name]), None)


def _held_generators(layer: Any) -> Iterator[tuple[str, Any]]:
    for name, held in list(vars(layer).items()):
        if isinstance(held, np.random.Generator):
            yield f"self.{name}", held
