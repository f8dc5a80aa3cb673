"""From an exception to what is told of it: the first cause, on the author's line."""

from __future__ import annotations

import re
from traceback import FrameSummary
from typing import Any

from layerdoctor.facts import CheckName, Failure, Location, Stage
from layerdoctor.probe.hooks.frames import exception_frames, traceback_text, without_addresses
from layerdoctor.probe.layer import framework
from layerdoctor.user_code import Author, Nearness

LONGEST = 2000
"""How many characters of a message are kept."""


KERAS_BUILDS = "_maybe_build"
"""Keras's own method in which it looks at a layer's ``build`` and calls it."""

IN_GRAPH = "Graph execution error:"
"""How TensorFlow begins what it says where a graph fails while it runs: then come the stack in
which the operation was made, and what that raised."""

LAZY = "_self_"
"""How TensorFlow begins the names of attributes that it makes with the first one of another's."""


def failure_of(
    error: BaseException, stage: Stage, author: Author, check: CheckName | None = None
) -> Failure:
    """Return what is told of an exception."""
    cause = first_cause(error, author)
    return Failure(
        stage=stage,
        kind="raised",
        exception=type(cause).__name__,
        message=message_of(cause),
        location=_line(cause, author) or _line(error, author) or _line_of_node(cause, author),
        traceback=traceback_text(error),
        check=check,
    )


def first_cause(error: BaseException, author: Author) -> BaseException:
    """Return the exception that a framework wrapped in words of its own.

    An exception is only looked behind while no frame of the author's raised it: what an author
    raises in an ``except`` block is what the author wants told.
    """
    seen = {id(error)}
    while True:
        frames = exception_frames(error)
        behind = error.__cause__ or error.__context__
        if behind is None or id(behind) in seen or not frames:
            return error
        raised_by_library = author.is_library(frames[-1].filename)
        if not raised_by_library or _line(behind, author) is None:
            return error
        seen.add(id(behind))
        error = behind


def is_the_layers(error: BaseException, author: Author) -> bool:
    """Whether the author's own code raised, or used up the memory, while it was looked at."""
    frames = exception_frames(error)
    raised = bool(frames) and author.nearness(frames[-1].filename) >= Nearness.APPLICATION
    return raised or isinstance(error, MemoryError)


def message_of(error: BaseException) -> str:
    """Return the words of an exception, shortened, without memory addresses or added wrapping."""
    metadata = getattr(error, "ag_error_metadata", None)
    try:
        words = str(getattr(metadata, "cause_message", None) or error)
    except BaseException:
        return "(its message cannot be read)"
    words = words.strip().removeprefix(f"{type(error).__name__}: ")  # AutoGraph's begin with it
    words = re.sub(r"^\{\{function_node [^}]*\}\}\s*", "", words)
    words = re.sub(r"\{\{node [^}]*\}\}\s*|\{\{function_node [^}]*\}\}\s*", "", words)
    words = without_addresses(words)
    words = re.sub(r"\s*\[Op:\w+\](\s*name:\s*\S*)?", "", words)
    words = words.partition("\n\nCall arguments received by")[0]
    words = words.partition("\n\nArguments received by")[0]
    words = words.rpartition("Error encountered:\n\n")[2]
    words = words.rpartition("Exception encountered: ")[2]
    words = _of_node(words)
    return words[:LONGEST] or type(error).__name__


def stage_of(error: BaseException, layer: Any) -> Stage:
    """Return ``BUILD`` where the layer's ``build`` raised or Keras refused it, else ``CALL``."""
    trace = error.__traceback__
    refused = False
    builds = {
        getattr(vars(kind).get("build"), "__wrapped__", vars(kind).get("build"))
        for kind in type(layer).__mro__
        if not framework.is_base(kind)
    }
    codes = {getattr(build, "__code__", None) for build in builds} - {None}
    while trace is not None:
        code = trace.tb_frame.f_code
        asked = code in codes or code.co_name == KERAS_BUILDS
        if asked and trace.tb_frame.f_locals.get("self") is layer:
            if code in codes:
                return Stage.BUILD
            refused = bool(codes)
        trace = trace.tb_next
    return Stage.BUILD if refused else Stage.CALL


def missing_super(layer: Any) -> bool:
    """Whether the attributes that the framework's own ``__init__`` makes are not there."""
    every = framework.framework_attributes(layer)
    bare = {name for name in every if not name.startswith(LAZY)}
    present = bare.intersection(vars(layer))
    return bool(bare) and len(present) * 2 < len(bare)


def without_super(
    stage: Stage, error: BaseException, author: Author, at: Location | None
) -> Failure:
    """Return the failure of a layer whose ``__init__`` never called ``super().__init__()``."""
    failure = failure_of(error, stage, author)
    return Failure(
        stage=Stage.CONSTRUCT,
        kind="raised",
        exception=failure.exception,
        message=failure.message,
        location=at,
        traceback=failure.traceback,
        missing_super=True,
    )


def _of_node(words: str) -> str:
    """Return what an operation raised where these are words of a graph that failed."""
    if not words.startswith(IN_GRAPH):
        return words
    words = words.removeprefix(IN_GRAPH)
    said = re.sub(r"Detected at node .* defined at \(.*|  File .*", "", words)
    return said.partition("\n\t [[")[0].strip()


def _line_of_node(error: BaseException, author: Author) -> Location | None:
    """Return where the operation was made that failed in a graph, or the Python that it runs."""
    words = str(error)
    if not words.startswith(IN_GRAPH):
        return None
    made = re.findall(r'^ *File "(.+)", line (\d+), in (.+)$', words, re.M)
    return author.location(
        [FrameSummary(file, int(line), name, lookup_line=False) for file, line, name in made]
    )


def _line(error: BaseException, author: Author) -> Location | None:
    return author.location(exception_frames(error))
