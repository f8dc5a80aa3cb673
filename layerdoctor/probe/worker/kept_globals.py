"""What a process that goes on after an examination gets back: random generators and names."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from tensorflow.python.eager import context

COUNTS = "object_name_uids"


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
