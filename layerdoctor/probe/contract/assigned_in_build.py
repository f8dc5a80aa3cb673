"""Weights that ``build`` assigns, and that lose it where a model builds the layer in a graph.

Keras 3 makes variables outside of the graph in which it builds the layers of a subclassed model,
or of a sequential one without an input. What is assigned to them there is never run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contents.inventory import attribute_of
from layerdoctor.probe.contract.config.method import Method
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.models.around import subclassed_model
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject

ASSIGNING = ("assign", "assign_add", "assign_sub", "set_weights")


def forgotten(context: Context) -> Iterator[Breach]:
    """Yield the weights that have another value in such a model than in a layer that is called.

    This is only looked for where the source of ``build`` assigns something.
    """
    if not context.is_keras_3 or context.obstacle or (place := _assigning(context)) is None:
        return
    one, other, in_model = context.fresh(), context.fresh(), context.fresh()
    one.run(training=False)
    other.run(training=False)
    model = subclassed_model(in_model)
    model.model(model.inputs)
    wanted, again, there = (_values(context, each) for each in (one, other, in_model))
    for name in (name for name in wanted if name in again and name in there):
        settled = np.array_equal(wanted[name], again[name])
        if settled and not np.array_equal(wanted[name], there[name]):
            yield Breach(kind="forgotten", subject=name, location=place)


def _assigning(context: Context) -> Location | None:
    """Return the first line of ``build`` that assigns a variable."""
    is_own = framework.own_method(context.layer, "build")
    start = context.method_line("build") if is_own else None
    if start is None:
        return None
    method = Method(context.kind, "build", start)
    lines = (method.calling(name) for name in ASSIGNING)
    return next((line for line in lines if line != start), None)


def _values(context: Context, subject: Subject) -> dict[str, Any]:
    """Return the weights of a layer by where they are held."""
    known = {id(as_tf_variable(weight)) for weight in framework.weights_of(subject.layer)}
    held = [item for item in context.walk(subject.layer) if id(as_tf_variable(item.thing)) in known]
    return {attribute_of(item, item.thing)[0]: as_tf_variable(item.thing).numpy() for item in held}
