"""Running as plain Python what TensorFlow would hide in a function of its own.

Nothing inside a compiled function, a recomputed block, a vectorised loop or a ``tf.py_function``
can be seen from outside. Each of them has a plain meaning, which is run instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import tensorflow as tf

from layerdoctor.probe.hooks.internals import (
    CUSTOM_GRADIENT,
    PYTHON_FUNCTION,
    VECTORIZED_LOOP,
    replaced,
)

RECOMPUTED = "recompute_grad.<locals>.inner"
VECTORIZED = "vectorized_map.<locals>.loop_fn"


@contextmanager
def functions_inlined() -> Iterator[None]:
    """Run the bodies of functions where they are called, so that their operations are seen."""
    with ExitStack() as stack:
        stack.enter_context(functions_eager(True))
        stack.enter_context(_recomputations_inlined())
        stack.enter_context(_vectorized_maps_unrolled())
        stack.enter_context(_python_functions_inlined())
        yield


@contextmanager
def functions_eager(eager: bool) -> Iterator[None]:
    """Run what a ``tf.function`` holds as plain Python where that is wished for, else traced."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(eager)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


@contextmanager
def _recomputations_inlined() -> Iterator[None]:
    """Run what ``tf.recompute_grad`` wraps as if it were not wrapped."""

    def wrap(decorated: Callable[..., Any]) -> Callable[..., Any]:
        def inlined(function: Any, args: Any, kwargs: Any) -> Any:
            if getattr(function, "__qualname__", None) != RECOMPUTED:
                return decorated(function, args, kwargs)
            return inspect.getclosurevars(function).nonlocals["f"](*args, **kwargs)

        return inlined

    with replaced(CUSTOM_GRADIENT, wrap):
        yield


@contextmanager
def _vectorized_maps_unrolled() -> Iterator[None]:
    """Run ``tf.vectorized_map`` element by element; loops of other kinds need their graph."""

    def wrap(vectorized: Callable[..., Any]) -> Callable[..., Any]:
        def unrolled(loop_fn: Any, iters: Any, *args: Any, **kwargs: Any) -> Any:
            if getattr(loop_fn, "__qualname__", None) == VECTORIZED and int(iters):
                return _stacked(loop_fn, int(iters))
            with functions_eager(False):
                return vectorized(loop_fn, iters, *args, **kwargs)

        return unrolled

    with replaced(VECTORIZED_LOOP, wrap):
        yield


def _stacked(function: Callable[[Any], Any], count: int) -> Any:
    results = [function(tf.constant(index)) for index in range(count)]
    return tf.nest.map_structure(lambda *items: tf.stack(items), *results)


@contextmanager
def _python_functions_inlined() -> Iterator[None]:
    """Call the function of ``tf.py_function`` where it stands."""

    def wrap(internal: Callable[..., Any]) -> Callable[..., Any]:
        def inlined(func: Any, inp: Any, Tout: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N803
            plain = all(isinstance(kind, (tf.DType, type)) for kind in tf.nest.flatten(Tout))
            if not (kwargs.get("use_eager_py_func") and plain and tf.executing_eagerly()):
                return internal(func, inp, Tout, *args, **kwargs)
            return _typed(func(*map(tf.convert_to_tensor, inp)), Tout)

        return inlined

    with replaced(PYTHON_FUNCTION, wrap):
        yield


def _typed(returned: Any, types: Any) -> Any:
    """Return what a Python function returned as tensors of the types it promised."""
    if not isinstance(types, (list, tuple)):
        return tf.convert_to_tensor(returned, types)
    each = returned if isinstance(returned, (list, tuple)) else [returned]
    return [tf.convert_to_tensor(item, kind) for item, kind in zip(each, types, strict=False)]
