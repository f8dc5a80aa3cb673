"""The way back through a trace, where a custom gradient takes part in it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tensorflow.python.framework import func_graph
from tensorflow.python.ops import gradients_util

from layerdoctor.probe.contract.graphs import operations

CUSTOM = b"CustomGradient-"
"""How TensorFlow begins the names of the gradients that it registers for custom ones."""


def raised_on_the_way_back(graph: Any) -> Exception | None:
    """Return what making the gradient graph of a trace raises, as ``fit`` makes it.

    The forward pass is neither traced again nor run. Only custom gradients run Python code then.
    """
    outputs = [tensor for tensor in graph.outputs if tensor.dtype.is_floating]
    if not outputs or not any(map(_is_custom, (inner for inner, _ in operations(graph)))):
        return None
    with func_graph.FuncGraph("way_back").as_default():
        try:
            gradients_util._GradientsHelper(outputs, graph.inputs, src_graph=graph)
        except Exception as error:
            return error
    return None


def _is_custom(operation: Any) -> bool:
    with suppress(ValueError):
        kind = operation.get_attr("_gradient_op_type")
        return bool(kind.startswith(CUSTOM))
    return False
