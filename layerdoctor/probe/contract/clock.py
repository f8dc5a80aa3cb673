"""The clock that a layer reads in Python: the line that does, where the outputs follow it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, cast

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.hooks.frames import as_written
from layerdoctor.probe.hooks.internals import CLOCK, Internal, replaced
from layerdoctor.probe.layer import framework
from layerdoctor.user_code import Author

CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
LATER = (12.345, 4567.891)
"""How many seconds it is put ahead: what takes whole seconds or minutes shows then."""
CONVERTING = "/tensorflow/python/autograph/"
"""What makes the calls of code that AutoGraph has converted."""
MOST = 1000
"""How many reads it stands still for, and then goes on: what waits for a time has to end."""


def follows_clock(context: Context, training: bool) -> Breach | None:
    """Return where the layer reads the clock, if at another time its outputs are others.

    All else is the same, so any difference counts, however small. Tracing keeps the time at which
    it is done.
    """
    places = list(_places(context.kind))
    if not places:
        return None
    try:
        now, again, *later = (_at(context, places, training, s) for s in (0.0, 0.0, *LATER))
    except Exception:
        return None
    finally:
        context.start.restore()
    if not now.reads or _apart(now, again):
        return None
    apart = max(_apart(now, other) for other in later)
    name, line = now.reads[0]
    found = Breach(kind="mismatch", op=f"time.{name}", difference=apart, location=line)
    return found if apart else None


@dataclass
class _Stopped:
    """A clock that stands still for the author's code, so many seconds ahead."""

    author: Author
    ahead: float
    reads: list[tuple[str, Location]] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    """What the layer returned by this clock."""

    def wrap(self, original: Callable[[], Any]) -> Callable[[], Any]:
        """Return a function to read it by."""

        def read() -> Any:
            frame: FrameType | None = sys._getframe(1)
            while frame and CONVERTING in frame.f_code.co_filename:
                frame = frame.f_back
            if frame is None:
                return original()
            file, line = as_written(frame.f_code, frame.f_lineno)
            if self.author.is_library(file):
                return original()
            goes_on = len(self.reads) >= MOST
            if not goes_on:
                place = Location(file=self.author.relative(file), line=line)
                self.reads.append((original.__name__, place))
            now = original() if goes_on else STARTED[original.__name__]
            return now + type(now)(self.ahead * (1 if isinstance(now, float) else 1e9))

        return cast(Callable[[], Any], tf.autograph.experimental.do_not_convert(read))


STARTED = {name: getattr(time, name)() for name in CLOCKS}
"""Where the clocks stand still."""


def _at(context: Context, places: list[Internal], training: bool, ahead: float) -> _Stopped:
    clock = _Stopped(context.author, ahead)
    context.start.restore()
    with ExitStack() as stack:
        for place in places:
            stack.enter_context(replaced(place, clock.wrap))
        clock.outputs = context.run(training).outputs
    return clock


def _places(kind: type) -> Iterator[Internal]:
    """Yield where the modules of the author's classes have the clocks from; nothing if nowhere."""
    clocks = [getattr(time, name) for name in CLOCKS]
    own = [base.__module__ for base in kind.__mro__ if not framework.is_framework_class(base)]
    modules = [module for name in dict.fromkeys(own) if (module := sys.modules.get(name))]
    if any(value is time for module in modules for value in vars(module).values()):
        yield from (replace(CLOCK, attribute=name) for name in CLOCKS)
    for module in modules:
        for name, value in vars(module).items():
            if any(value is clock for clock in clocks):
                yield replace(CLOCK, module=module.__name__, attribute=name)


def _apart(one: _Stopped, other: _Stopped) -> float:
    """Return the largest difference between their outputs; 1 where they have none in common."""
    pairs = list(zip(one.outputs, other.outputs, strict=True))
    if any(a.shape != b.shape or a.dtype.kind not in "fiu" for a, b in pairs):
        return float(any(not np.array_equal(a, b) for a, b in pairs))
    wide = [(a.astype(np.float64), b.astype(np.float64)) for a, b in pairs]
    return max((float(np.nanmax(np.abs(a - b), initial=0.0)) for a, b in wide), default=0.0)
