"""How often ``tf.function`` traces while a layer runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from tensorflow.python.eager.polymorphic_function import polymorphic_function
from tensorflow.python.util import tf_decorator

from layerdoctor.facts import Location
from layerdoctor.probe.hooks.frames import running_frames
from layerdoctor.probe.hooks.internals import TRACE, replaced
from layerdoctor.user_code import Author


@dataclass(frozen=True, slots=True)
class TracedCall:
    """One trace of a ``tf.function`` of the author's."""

    function: str
    location: Location | None
    made_at: Location | None
    """The line of its definition, where a function that is running defines it."""
    traced: Any
    """What was traced: where it is made anew in every call, another object each time."""


class TraceCounts:
    """Counts the traces of the author's own ``tf.function`` objects.

    Every trace passes ``func_graph_from_py_func``; the function that is traced is found on the
    stack. Functions that TensorFlow makes for itself, as ``tf.vectorized_map`` does, do not count.
    """

    def __init__(self, author: Author) -> None:
        self._author = author
        self.seen: list[TracedCall] = []

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Record the traces made inside."""

        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            def traced(*args: Any, **kwargs: Any) -> Any:
                self._note()
                return original(*args, **kwargs)

            return traced

        with replaced(TRACE, wrap):
            yield

    def _note(self) -> None:
        function = _function_traced()
        code = getattr(function, "__code__", None)
        if code is None or self._author.is_library(code.co_filename):
            return
        name = getattr(function, "__qualname__", "function")
        defined = Location(file=self._author.relative(code.co_filename), line=code.co_firstlineno)
        location = self._author.location(running_frames())
        if location is None or self._author.is_library(location.file):
            location = defined
        made_at = defined if _is_running_around(code) else None
        self.seen.append(TracedCall(name, location, made_at, traced=function))


def _is_running_around(code: CodeType) -> bool:
    """Whether a function that is defined inside another is traced while that one runs."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if code in frame.f_code.co_consts:
            return True
        frame = frame.f_back
    return False


def _function_traced() -> Any:
    frame = sys._getframe(2)
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_name == "__call__" else None
        if isinstance(owner, polymorphic_function.Function):
            return tf_decorator.unwrap(owner.python_function)[1]
        frame = frame.f_back  # type: ignore[assignment]
    return None
