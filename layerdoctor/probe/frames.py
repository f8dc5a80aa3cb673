"""Stacks as lists of frames, the innermost last, in terms of the author's own source."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from tensorflow.python.util import tf_stack

from layerdoctor.author import Frame


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
    """Return the running stack, converted code in terms of the author's source."""
    return list(tf_stack.extract_stack())


def traceback_text(error: BaseException) -> str:
    """Return a traceback as Python prints it; never raises, whatever the exception does."""
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:
        return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
