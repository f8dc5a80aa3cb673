"""The layer as ``tf.function`` and as Keras's own scratch graph see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import tensorflow as tf
from tensorflow.python.autograph.core import ag_ctx, converter
from tensorflow.python.autograph.impl import api as autograph
from tensorflow.python.framework import func_graph, op_def_registry

from layerdoctor.facts import Location
from layerdoctor.probe.contract.comparing import tensor_leaves
from layerdoctor.probe.contract.running import Inputs, Mutation
from layerdoctor.probe.layer.subject import Subject
from layerdoctor.user_code import Author

LOOPS = ("While", "StatelessWhile")


class Trace:
    """One trace of the layer by ``tf.function``; raises what tracing raises."""

    def __init__(self, subject: Subject, specs: Sequence[Any], training: bool | None) -> None:
        self.moved: list[Mutation] = []
        started = time.perf_counter()

        def forward(*tensors: Any) -> Any:
            inputs = Inputs(subject, tensors)
            with converting(subject):
                returned = inputs.call(callable_of(subject), training)
            self.moved = inputs.moved()
            return tensor_leaves(returned)

        self._function = tf.function(forward, autograph=False).get_concrete_function(*specs)
        self.seconds = time.perf_counter() - started

    @property
    def graph(self) -> Any:
        """The graph of the trace."""
        return self._function.graph

    def run(self, tensors: Sequence[Any]) -> list[Any]:
        """Execute the graph and return the leaves of what the layer returned, as tensors."""
        return list(self._function(*tensors))


def specs_of(tensors: Sequence[Any]) -> list[tf.TensorSpec]:
    """Return the shapes and types of tensors."""
    return [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in tensors]


def in_plain_graph(
    subject: Subject,
    specs: Sequence[Any],
    prepare: Callable[[list[Any]], None] | None = None,
    *,
    training: bool | None = None,
) -> tuple[list[Any], Any]:
    """Call the layer in a plain graph; return the graph's inputs and what the layer returned.

    ``prepare`` is given the inputs before the call.
    """
    graph = func_graph.FuncGraph("first_call")
    with graph.as_default():
        tensors = [tf.compat.v1.placeholder(spec.dtype, spec.shape) for spec in specs]
        if prepare is not None:
            prepare(tensors)
        with converting(subject):
            returned = Inputs(subject, tensors).call(callable_of(subject), training)
    return tensors, returned


@contextmanager
def converting(subject: Subject) -> Iterator[None]:
    """Have Python branches converted where ``fit`` has them converted: not in Keras 3."""
    if subject.framework == "keras":
        context: Any = nullcontext()
    else:
        options = converter.ConversionOptions(recursive=True)
        context = ag_ctx.ControlStatusCtx(status=ag_ctx.Status.ENABLED, options=options)
    with context:
        yield


def callable_of(subject: Subject) -> Any:
    """Return what to call in a graph: a plain module is converted by autograph."""
    if subject.framework != "tf.Module":
        return subject.layer
    method = type(subject.layer).__call__.__get__(subject.layer, type(subject.layer))
    return autograph.tf_convert(method, ag_ctx.control_status_ctx())


def operations(graph: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each operation with the one of the outermost graph that it belongs to.

    The bodies of functions are graphs of their own, which are gone through too.
    """
    for operation in graph.get_operations():
        for inner in _with_inner(operation, set()):
            yield inner, operation


def _with_inner(operation: Any, seen: set[str]) -> Iterator[Any]:
    yield operation
    for name in functions_of(operation):
        body = _body(operation.graph, name)
        if body is not None and name not in seen:
            seen.add(name)
            for inner in body.get_operations():
                yield from _with_inner(inner, seen)


def functions_of(operation: Any) -> list[str]:
    """Return the names of the functions that an operation runs."""
    names = []
    for attribute in _attributes(operation.type, "func"):
        names.append(operation.get_attr(attribute).name)
    for attribute in _attributes(operation.type, "list(func)"):
        names += [function.name for function in operation.get_attr(attribute)]
    return names


def _body(graph: Any, name: str) -> Any:
    while graph is not None:
        function = graph._get_function(name)
        if function is not None:
            return getattr(function, "graph", None)
        graph = getattr(graph, "outer_graph", None)
    return None


def _attributes(op_type: str, kind: str) -> list[str]:
    definition = op_def_registry.get(op_type)
    return [attr.name for attr in definition.attr if attr.type == kind] if definition else []


def differing_constant(one: Any, other: Any) -> Any:
    """Return the first constant of a graph that another graph of the same layer has otherwise.

    None where there is none, or where the graphs are made of other operations.
    """
    for (mine, _), (theirs, _) in zip(operations(one), operations(other), strict=False):
        if mine.type != theirs.type:
            return None
        if mine.type == "Const" and mine.get_attr("value") != theirs.get_attr("value"):
            return mine
    return None


def draws(operation: Any) -> bool:
    """Whether an operation draws random numbers from a generator of TensorFlow's own."""
    definition = op_def_registry.get(operation.type)
    return bool(
        definition
        and definition.is_stateful
        and any(attr.name == "seed" for attr in definition.attr)
        and any(attr.name == "seed2" for attr in definition.attr)
    )


def is_random(operation: Any) -> bool:
    """Whether an operation makes random numbers, be it from a seed that it is given."""
    definition = op_def_registry.get(operation.type)
    given = {argument.name for argument in definition.input_arg} if definition else set()
    return draws(operation) or bool(given & {"seed", "key"}) or operation.type.startswith("Rng")


def line_of(operation: Any, author: Author) -> Location | None:
    """Return the author's line that made an operation of a graph."""
    return author.location(list(operation.traceback), operation.type)


def loop_in(graph: Any, author: Author) -> Location | None:
    """Return the author's line of the first loop in a graph; None where it has none."""
    lines = (line_of(each, author) for each, _ in operations(graph) if each.type in LOOPS)
    return next((line for line in lines if line is not None), None)


def is_symbolic(thing: Any) -> bool:
    """Whether it is a tensor of a graph, which has no value."""
    return isinstance(thing, tf.Tensor) and not hasattr(thing, "_numpy")
