"""Weights that a ``tf.function`` of the layer's has taken for constants.

Keras 3 builds a layer of a model in a graph, where a weight that is not made yet stands for its
start values. A ``tf.function`` keeps the trace of that call, and goes on with those values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from tensorflow.python.eager.polymorphic_function import polymorphic_function
from tensorflow.python.util import tf_decorator

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.comparing import arrays_of, difference, finite, moved
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.models.around import functional_model, subclassed_model
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.hooks.inlining import functions_eager
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject


def kept_traces(context: Context) -> Iterator[Breach]:
    """Yield the first ``tf.function`` because of which a model does not follow its weights."""
    if not context.is_keras_3 or context.obstacle or (line := compiled(context)) is None:
        return
    for make in (subclassed_model, functional_model):
        inside = make(context.fresh())
        run = partial(inside.model, inside.inputs)
        if _beside_python(run) is None:
            _move_weights(inside.subject)
            if (apart := _beside_python(run)) is not None:
                found = Breach(kind="kept-trace", location=line, model=inside.kind)
                yield replace(found, difference=finite(apart))
                return


def compiled(context: Context) -> Location | None:
    """Return the line of the first ``tf.function`` in a class of the author's, or on a layer."""
    for kind in framework.own_classes(context.layer):
        own = [base for base in kind.__mro__ if not framework.is_framework_class(base)]
        for held in (held for base in own for held in vars(base).values()):
            if isinstance(held, polymorphic_function.Function):
                code = tf_decorator.unwrap(held.python_function)[1].__code__
                file = context.author.relative(code.co_filename)
                return Location(file=file, line=code.co_firstlineno)
    for layer in framework.sublayers_of(context.layer):
        for name, held in vars(layer).items():
            if isinstance(held, polymorphic_function.Function):
                return context.assignments.of_attribute(type(layer), name) or context.call_line
    return None


def _beside_python(run: Callable[[], Any]) -> float | None:
    """Return how far what it returns lies from what the same Python code returns, untraced."""
    traced, again = arrays_of(run()), arrays_of(run())
    with functions_eager(True):
        untraced = arrays_of(run())
    return None if difference(traced, again) is not None else difference(traced, untraced)


def _move_weights(subject: Subject) -> None:
    generator = np.random.default_rng(0)
    for weight in map(as_tf_variable, framework.weights_of(subject.layer)):
        if weight.dtype.is_floating:
            weight.assign(moved(weight.numpy(), generator))
