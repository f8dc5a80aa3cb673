"""What a process that goes on after an examination gets back: generators, names and switches."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

COUNTS = "object_name_uids"
SWITCH = "disable_traceback_filtering"


@contextmanager
def exceptions_left_as_they_are() -> Iterator[None]:
    """Keep TensorFlow and Keras from putting words of their own around what a layer raises.

    They do so where they leave their frames out of tracebacks, which is on unless switched off.
    """
    of_keras: Any = getattr(sys.modules.get("keras"), "config", None)
    switches: list[Any] = [each for each in (tf.debugging, of_keras) if hasattr(each, SWITCH)]
    on = [each for each in switches if each.is_traceback_filtering_enabled()]
    for each in on:
        each.disable_traceback_filtering()
    try:
        yield
    finally:
        for each in on:
            each.enable_traceback_filtering()


@contextmanager
def generators_kept() -> Iterator[None]:
    """Put back Python's, NumPy's and TensorFlow's global generators when the block ends.

    TensorFlow keeps the global seed, and the generator of the seeds of its operations, in
    ``eager.context.Context``; the kernels that ``tf.random.set_seed`` lets go of are lost.
    """
    eager = vars(context.context())
    before = {name: eager[name] for name in ("_seed", "_rng") if name in eager}
    python, arrays = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)
        eager.update(before)


@contextmanager
def names_kept() -> Iterator[None]:
    """Let the layers that are made inside have no part in how later ones are named.

    Each Keras names layers by class and count: ``dense``, ``dense_1`` and so on. Keras 3 counts in
    ``global_state``, and Keras 2 for each graph in ``backend.PER_GRAPH_OBJECT_NAME_UIDS``.
    """
    state = sys.modules.get("keras.src.backend.common.global_state")
    graphs = getattr(
        sys.modules.get("tf_keras.src.backend"), "PER_GRAPH_OBJECT_NAME_UIDS", dict[Any, Any]()
    )
    counted = _copy(state.get_global_attribute(COUNTS)) if state is not None else None
    by_graph = {graph: _copy(counts) for graph, counts in graphs.items()}
    try:
        yield
    finally:
        if state is not None:
            state.set_global_attribute(COUNTS, counted)
        graphs.clear()
        graphs.update(by_graph)


def _copy(counts: Any) -> Any:
    return None if counts is None else counts.copy()
