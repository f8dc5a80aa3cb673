"""Where a functional model was put together, shown in the stack while it runs.

Such a model runs its operations from a list, so that the stack holds Keras's frames alone. The
lines that called each operation symbolically are kept when its node is made
(``keras.src.ops.node.Node``), and stand in the stack of whatever the operation then executes.

A model of Keras 2 goes through its nodes (``tf_keras.src.engine.node.Node``): it asks one for its
arguments and then calls the node's layer.
"""

from __future__ import annotations

import functools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from layerdoctor.probe.hooks.frames import running_frames, standing_in_stack
from layerdoctor.probe.hooks.internals import (
    KERAS_2_CALL,
    KERAS_2_NODE,
    KERAS_2_RUN,
    KERAS_NODE,
    KERAS_RUN,
    replaced,
)
from layerdoctor.user_code import Frame

_called_at: WeakKeyDictionary[Any, Sequence[Frame]] = WeakKeyDictionary()
"""By the node: the stack that made it."""


@contextmanager
def symbolic_calls_seen() -> Iterator[None]:
    """Keep the stack of symbolic calls, and show it in ``running_frames`` when they are run.

    Sees nothing of a Keras that was not imported before.
    """
    with ExitStack() as stack:
        if KERAS_NODE.module in sys.modules:
            stack.enter_context(replaced(KERAS_NODE, _keeping))
            stack.enter_context(replaced(KERAS_RUN, _showing))
        if KERAS_2_NODE.module in sys.modules:
            stack.enter_context(replaced(KERAS_2_NODE, _keeping))
            stack.enter_context(_shown_in_keras_2())
        yield


@contextmanager
def _shown_in_keras_2() -> Iterator[None]:
    """Let the stack of the node that was asked last stand in that of its layer's next call."""
    asked: dict[int, Sequence[Frame]] = {}

    def noting(map_arguments: Callable[..., Any]) -> Callable[..., Any]:
        def arguments(node: Any, *args: Any, **kwargs: Any) -> Any:
            if node in _called_at:
                asked[id(node.layer)] = _called_at[node]
            return map_arguments(node, *args, **kwargs)

        return arguments

    def showing(call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
            frames = asked.pop(id(layer), None)
            with standing_in_stack(frames) if frames else nullcontext():
                return call(layer, *args, **kwargs)

        return called

    with replaced(KERAS_2_RUN, noting), replaced(KERAS_2_CALL, showing):
        yield


def _keeping(make: Callable[..., None]) -> Callable[..., None]:
    def make_node(node: Any, *args: Any, **kwargs: Any) -> None:
        make(node, *args, **kwargs)
        if not node.is_input:
            _called_at[node] = running_frames()

    return make_node


def _showing(run: Callable[..., Any]) -> Callable[..., Any]:
    def run_through_graph(
        function: Any,
        inputs: Any,
        operation_fn: Callable[[Any], Any] = lambda operation: operation,
        call_fn: Callable[..., Any] | None = None,
    ) -> Any:
        if call_fn is not None:
            return run(function, inputs, operation_fn, call_fn)
        left = _nodes(function)

        def with_lines(operation: Any) -> Callable[..., Any]:
            called = operation_fn(operation)
            frames = _called_at.get(left[id(operation)].pop(0))

            def call(*args: Any, **kwargs: Any) -> Any:
                with standing_in_stack(frames) if frames else nullcontext():
                    return called(*args, **kwargs)

            return call

        return run(function, inputs, with_lines)

    return run_through_graph


def _nodes(function: Any) -> dict[int, list[Any]]:
    """Return the nodes of each operation in the order in which they run."""
    found: dict[int, list[Any]] = defaultdict(list)
    for depth in sorted(function._nodes_by_depth, reverse=True):
        for node in function._nodes_by_depth[depth]:
            if node.operation and not node.is_input:
                found[id(node.operation)].append(node)
    return found
