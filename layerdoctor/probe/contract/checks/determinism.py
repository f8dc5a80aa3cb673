"""Whether two calls without training, from the same state, give the same."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.comparing import finite
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import draws, line_of, operations
from layerdoctor.probe.layer import framework


def check(context: Context) -> Iterator[Breach]:
    """Yield that two calls differ, with TensorFlow's random operation where one is in the trace."""
    apart = context.repeated
    if apart is None:
        return
    trace = context.trace(False)
    pairs = [] if isinstance(trace, Exception) else operations(trace.graph)
    drawing = [pair for pair in pairs if draws(pair[0])]
    if not drawing:
        yield Breach(kind="differs", difference=finite(apart), location=context.call_line)
        return
    declared = _DeclaredGenerators(context.layer)
    undeclared = [pair for pair in drawing if not declared.made(pair[0])]
    if not undeclared:
        return
    inner, outermost = undeclared[0]
    place = line_of(inner, context.author) or line_of(outermost, context.author)
    yield Breach(kind="differs", op=inner.type, difference=finite(apart), location=place)


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
