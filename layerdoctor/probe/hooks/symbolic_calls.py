"""Where a functional model of Keras 3 was put together, shown in the stack while it runs.

Such a model runs its operations from a list, so that the stack holds Keras's frames alone. The
lines that called each operation symbolically are kept when its node is made
(``keras.src.ops.node.Node``), and stand in the stack of whatever the operation then executes.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from layerdoctor.probe.hooks.frames import running_frames, standing_in_stack
from layerdoctor.probe.hooks.internals import KERAS_NODE, KERAS_RUN, replaced
from layerdoctor.user_code import Frame

_called_at: WeakKeyDictionary[Any, Sequence[Frame]] = WeakKeyDictionary()
"""By the node: the stack that made it."""


@contextmanager
def symbolic_calls_seen() -> Iterator[None]:
    """Keep the stack of symbolic calls, and show it in ``running_frames`` when they are run.

    Sees nothing where Keras 3 was not imported before.
    """
    if KERAS_NODE.module not in sys.modules:
        yield
        return
    with replaced(KERAS_NODE, _keeping), replaced(KERAS_RUN, _showing):
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
