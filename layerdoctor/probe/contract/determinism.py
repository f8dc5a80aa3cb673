"""Whether two calls without training, from the same state, give the same."""

from __future__ import annotations

from collections.abc import Iterator

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.bench import Bench
from layerdoctor.probe.contract.comparing import finite
from layerdoctor.probe.contract.traced import line_of


def check(bench: Bench) -> Iterator[Breach]:
    """Yield that two calls differ, with TensorFlow's random operation where one is in the trace."""
    apart = bench.repeated
    if apart is None:
        return
    trace = bench.trace(False)
    drawing = None if isinstance(trace, Exception) else bench.drawing(trace)
    if drawing is None:
        yield Breach(kind="differs", difference=finite(apart), location=bench.call_line)
        return
    inner, outermost = drawing
    place = line_of(inner, bench.author) or line_of(outermost, bench.author)
    yield Breach(kind="differs", op=inner.type, difference=finite(apart), location=place)
