"""Stacks as lists of frames, the innermost last, in terms of the author's own source."""

from __future__ import annotations

import importlib
import os
import re
import traceback
from collections.abc import Sequence
from typing import overload

from tensorflow.python.util import tf_stack

from layerdoctor.user_code import Frame
from layerdoctor.version import FOLDER


def exception_frames(error: BaseException) -> Sequence[Frame]:
    """Return the frames of an exception, converted code in terms of the author's source."""
    metadata = getattr(error, "ag_error_metadata", None)
    frames: list[Frame] = list(traceback.extract_tb(error.__traceback__))
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
    return Stack(tf_stack.extract_stack())


class Stack(Sequence[Frame]):
    """Frames that are made one by one, each when it is first looked at."""

    def __init__(self, stack: Sequence[Frame]) -> None:
        self._stack = stack
        self._made: dict[int, Frame] = {}

    def __len__(self) -> int:
        return len(self._stack)

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
            self._made[index] = self._stack[index]
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
