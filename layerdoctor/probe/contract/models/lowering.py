"""What XLA makes of a training step: it is lowered, not compiled, which needs no GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.eager.polymorphic_function import compiler_ir

from layerdoctor.probe.contract.graphs import functions_of, operations

TRACED_OTHERWISE = frozenset(
    {"Case", "If", "Slice", "StatelessCase", "StatelessIf", "StatelessWhile", "While"}
)
"""The operations that TensorFlow traces, or differentiates, in another way for XLA: they ask
``control_flow_util.GraphOrParentsInXlaContext``."""


@dataclass(frozen=True, slots=True)
class TracedStep:
    """A step that ``fit`` has traced, with what lowering asks of a ``ConcreteFunction``."""

    name: str
    graph: Any
    captured_inputs: list[Any]
    """The variables, as the process holds them."""

    @property
    def inputs(self) -> list[Any]:
        """The placeholders of the graph."""
        return list(self.graph.inputs)


def lower(step: Any, batch: Any) -> None:
    """Lower a step for a batch of this size; raises ``ValueError`` where XLA cannot compile it."""
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in tf.nest.flatten(batch)]
    device = tf.nest.flatten(batch)[0].device
    compiler_ir.from_concrete_function(step, specs)(stage="hlo", device_name=device)


def step_of_fit(graph: Any) -> TracedStep | None:
    """Return the step whose graph this is; None where XLA would be given another trace of it.

    ``fit`` calls the step in a graph of its own, which holds what the step captures.
    """
    if any(each.type in TRACED_OTHERWISE for each, _ in operations(graph)):
        return None
    around = graph.outer_graph
    called = [name for each in around.get_operations() for name in functions_of(each)]
    names = [name for name in called if getattr(around._get_function(name), "graph", 0) is graph]
    if not names:
        return None
    held = {id(inside): outside for outside, inside in around.captures}
    captured = [held.get(id(outside), outside) for outside, _ in graph.captures]
    return TracedStep(names[0], graph, captured)
