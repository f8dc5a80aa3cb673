"""Whether ``layer.trainable = False`` freezes the layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework

OVERRIDDEN = ("trainable_weights", "trainable_variables", "trainable", "_trainable_weights")


def check(context: Context) -> Iterator[Breach]:
    """Yield the weights that stay trainable."""
    context.need_keras("cannot be frozen")
    layer = context.layer
    parts = [part for part in framework.sublayers_of(layer) if hasattr(part, "trainable")]
    before = [(part, part.trainable) for part in parts]
    flags = [(weight, weight.trainable) for weight in framework.weights_of(layer)]
    try:
        layer.trainable = False
        left = framework.trainable_of(layer)
        unfrozen = [part for part in parts if framework.trainable_of(part)]
    finally:
        for part, trainable in before:
            part.trainable = trainable
        for weight, trainable in flags:
            if weight.trainable != trainable:
                weight.trainable = trainable
    if not left:
        return
    paths = {id(as_tf_variable(item.thing)): item.attribute for item in context.walk(layer)}
    where = _overriding_line(context, unfrozen)
    for weight in left:
        variable = as_tf_variable(weight)
        location = where or context.creation_line(variable)
        yield Breach(
            kind="ignored", subject=paths.get(id(variable), weight.name), location=location
        )


def _overriding_line(context: Context, unfrozen: Sequence[Any]) -> Location | None:
    """Return the line on which a class says itself what is trainable, the innermost part first."""
    for part in reversed(unfrozen):
        for kind in type(part).__mro__:
            for name in OVERRIDDEN:
                find = context.assignments
                place = find.of_method(kind, name) or find.of_class_attribute(kind, name)
                if place is not None and name in vars(kind):
                    return place
    return None
