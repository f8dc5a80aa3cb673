"""Stacks as lists of frames, the innermost last, in terms of the author's own source."""

from __future__ import annotations

import functools
import gc
import importlib
import os
import re
import sys
import threading
import traceback
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from types import CodeType, FrameType, FunctionType
from typing import Any, overload

from tensorflow.python.util import tf_stack

from layerdoctor.user_code import Frame
from layerdoctor.version import FOLDER


def exception_frames(error: BaseException) -> Sequence[Frame]:
    """Return the frames of an exception, converted code in terms of the author's source.

    Others stand among them where it was raised inside ``standing_in_stack``.
    """
    metadata = getattr(error, "ag_error_metadata", None)
    frames: list[Frame] = list(traceback.extract_tb(error.__traceback__))
    entered, others = getattr(error, _STOOD, (None, ()))
    for number, (frame, _) in enumerate(traceback.walk_tb(error.__traceback__), 1):
        if frame is entered:
            frames[number:number] = others
    for converted in reversed(getattr(metadata, "translated_stack", None) or ()):
        frames.append(
            traceback.FrameSummary(
                converted.filename, converted.lineno, converted.function_name, lookup_line=False
            )
        )
    return frames


def running_frames() -> Sequence[Frame]:
    """Return the running stack, converted code in terms of the author's source.

    TensorFlow keeps it and finds out file and line of a frame when that is first asked for.
    """
    stack = tf_stack.extract_stack()
    parts: list[tuple[Sequence[Frame], int, int]] = []
    start = 0
    for depth, frames in _guests.there:
        parts += [(stack, start, depth), (frames, 0, len(frames))]
        start = depth
    return Stack([*parts, (stack, start, len(stack))])


@contextmanager
def frames_followed(trace: Callable[[FrameType, str, Any], Any]) -> Iterator[None]:
    """Have this thread tell of the frames that it enters inside, as ``sys.settrace`` does."""
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def let_go_of_frames(error: BaseException) -> None:
    """Free what the frames hold that an exception, and those behind it, went through.

    A layer that used up the memory keeps it in them, and TensorFlow crashes where it gets none.
    """
    seen: set[int] = set()
    held: BaseException | None = error
    while held is not None and id(held) not in seen:
        seen.add(id(held))
        traceback.clear_frames(held.__traceback__)
        held = held.__cause__ or held.__context__


_STOOD = "_layerdoctor_stood"
"""The attribute of an exception that says which frames stood behind which one."""


class _Guests(threading.local):
    """The frames that stand in the stack of a thread, and how many of its own are before them."""

    def __init__(self) -> None:
        self.there: list[tuple[int, Sequence[Frame]]] = []


_guests = _Guests()


@contextmanager
def standing_in_stack(frames: Sequence[Frame]) -> Iterator[None]:
    """Show other frames behind those that run now, outside all that is called inside."""
    own = len(tf_stack.extract_stack()) - 2  # this generator and what enters it do not stay
    entered = sys._getframe(2)
    _guests.there.append((own, frames))
    try:
        yield
    except BaseException as error:
        vars(error).setdefault(_STOOD, (entered, frames))
        raise
    finally:
        _guests.there.pop()


class Stack(Sequence[Frame]):
    """Frames of one or several stacks, each made when it is first looked at."""

    def __init__(self, parts: Sequence[tuple[Sequence[Frame], int, int]]) -> None:
        self._parts = parts
        """Stacks, and from where to where in each."""
        self._ends = list(accumulate(stop - start for _, start, stop in parts))
        self._made: dict[int, Frame] = {}

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if index not in self._made:
            stack, start, _ = self._parts[part := bisect_right(self._ends, index)]
            before = self._ends[part - 1] if part else 0
            self._made[index] = stack[start + index - before]
        return self._made[index]


def traceback_text(error: BaseException, *, whole: bool = False) -> str:
    """Return the end of a traceback as Python prints it, from the first frame that is not ours.

    ``whole`` keeps our own frames. Never raises, whatever the exception does.
    """
    trace = error.__traceback__
    while not whole and trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    try:
        lines = traceback.format_exception(type(error), error, trace)
    except BaseException:
        lines = [*traceback.format_tb(trace), type(error).__name__]
    return without_addresses("".join(lines))[-LONGEST:]


def without_addresses(text: str) -> str:
    """Return the text without addresses in memory, which differ from run to run."""
    return re.sub(r" at 0x[0-9a-fA-F]+|, id=\d{9,}", "", text)


LONGEST = 20_000
"""How many characters of a traceback are kept."""

_OURS = (
    str(FOLDER) + os.sep,
    os.path.dirname(importlib.__file__) + os.sep,
    "<frozen importlib",
)


CONVERTED = "__autograph_generated_file"
"""What is in the names of the files that AutoGraph writes, whose lines are nobody's."""


@functools.cache
def as_written(code: CodeType, line: int) -> tuple[str, int]:
    """Return the file and the line that the author wrote, where AutoGraph wrote the code.

    A function that AutoGraph has converted carries where its lines come from
    (``tensorflow.python.autograph.impl.api``, ``_convert_actual``).
    """
    file = code.co_filename
    holders = gc.get_referrers(code) if CONVERTED in file else []
    for holder in holders:
        if isinstance(holder, FunctionType) and holder.__code__ is code:
            origins = getattr(holder, "ag_source_map", None) or {}
            for generated, origin in origins.items():
                if (generated.filename, generated.lineno) == (file, line):
                    return origin.loc.filename, origin.loc.lineno
    return file, line
