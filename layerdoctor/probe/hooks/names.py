"""The names that each Keras gives to layers of its own accord: ``dense``, ``dense_1`` and so on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

COUNTS = "object_name_uids"


@contextmanager
def names_kept() -> Iterator[None]:
    """Let the layers that are made inside have no part in how later ones are named.

    Keras 3 counts in ``global_state``, and Keras 2 for each graph in
    ``backend.PER_GRAPH_OBJECT_NAME_UIDS``.
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
