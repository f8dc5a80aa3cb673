"""Whether two calls without training give the same, and who says so where they do not."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from typing import Any

from layerdoctor.facts import Breach, BreachKind
from layerdoctor.probe.contract.comparing import difference, finite
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.draws import Draw, draws_in
from layerdoctor.probe.hooks.creation import as_tf_variable, handle_id
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Snapshot


def check(context: Context) -> Iterator[Breach]:
    """Yield that two calls differ, with TensorFlow's random operation where one is in the trace.

    What all variables explain is no difference, but for the states of random generators: a layer
    that is given one of its own, perhaps in a helper, declares to be random; one that draws from
    the global one of Keras or TensorFlow does not.
    """
    apart = context.repeated
    trace = context.trace(False)
    drawing = [] if isinstance(trace, Exception) else draws_in(trace.graph)
    if apart is None:
        yield from _from_generators(context, drawing)
        return
    stateful = [draw for draw in drawing if draw.is_stateful]
    if not stateful:
        yield Breach(kind="differs", difference=finite(apart), location=context.call_line)
        return
    declared = _DeclaredGenerators(context.layer)
    undeclared = [draw for draw in stateful if not declared.made(draw.operation)]
    yield _drawn(context, "differs" if undeclared else "random", (undeclared or stateful)[0], apart)


def _drawn(context: Context, kind: BreachKind, draw: Draw, apart: float) -> Breach:
    location = draw.line(context.author) or context.call_line
    return Breach(kind=kind, op=draw.operation.type, difference=finite(apart), location=location)


def _from_generators(context: Context, drawing: Collection[Draw]) -> Iterator[Breach]:
    """Yield that two calls differ where the states of generators alone are not put back."""
    held = {handle_id(variable) for variable in context.variables(context.layer)}
    shared = {handle_id(as_tf_variable(state)) for state in framework.shared_generators()} - held
    kinds: dict[BreachKind, bool] = {"differs": False, "random": True}
    for kind, declared in kinds.items():
        for draw in drawing:
            states = {seed for seed in draw.seeds if (seed not in shared) is declared}
            apart = _apart_after(context, states) if states else None
            if apart is not None:
                yield _drawn(context, kind, draw, apart)
                return


def _apart_after(context: Context, states: Collection[int]) -> float | None:
    """Return how far a run lies from the first where these variables have moved on meanwhile."""
    first = context.eager(False)[0].outputs
    try:
        context.run(False)
        moved = Snapshot.of([v for v, _ in context.start.values if handle_id(v) in states])
        context.start.restore()
        moved.restore()
        return difference(first, context.run(False).outputs)
    finally:
        context.start.restore()


class _DeclaredGenerators:
    """The generators that layers of Keras 2 declare to draw from, as those of Keras 3 do seeds."""

    def __init__(self, layer: Any) -> None:
        held = [getattr(each, "_random_generator", None) for each in framework.sublayers_of(layer)]
        kinds = {type(item) for item in held}
        self._places = [_source_of(kind) for kind in kinds if framework.is_framework_class(kind)]

    def made(self, operation: Any) -> bool:
        """Whether one of them made a random operation."""
        stack = [(frame.filename, frame.lineno) for frame in operation.traceback]
        return any(
            name == file and line in lines for file, lines in self._places for name, line in stack
        )


def _source_of(kind: type) -> tuple[str | None, range]:
    lines, first = inspect.getsourcelines(kind)
    return inspect.getsourcefile(kind), range(first, first + len(lines))
