"""Whether ``layer.trainable = False`` freezes the layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from layerdoctor.facts import Breach, Location
from layerdoctor.probe.contents.inventory import attribute_of
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.hooks.changing_lines import line_that_changes
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
        again = [] if left else list(_made_trainable(context))
    finally:
        for part, trainable in before:
            part.trainable = trainable
        for weight, trainable in flags:
            if weight.trainable != trainable:
                weight.trainable = trainable
    if not left and not again:
        return
    paths = {
        id(as_tf_variable(item.thing)): attribute_of(item, item.thing)[0]
        for item in context.walk(layer)
    }

    def name_of(weight: Any) -> str:
        return paths.get(id(as_tf_variable(weight)), str(weight.name))

    where = _overriding_line(context, unfrozen) if left else None
    for weight in left:
        location = where or context.creation_line(as_tf_variable(weight))
        yield Breach(kind="ignored", subject=name_of(weight), location=location)
    for weight, line in again:
        yield Breach(kind="unfrozen", subject=name_of(weight), location=line or context.call_line)


def _made_trainable(context: Context) -> Iterator[tuple[Any, Location | None]]:
    """Yield the weights of the frozen layer that a call makes trainable, and the line that does.

    A model of Keras 3 asks each weight, and not the layer, whether it is trained.
    """
    if context.is_whole_model or not context.is_keras_3:
        return
    frozen = [weight for weight in framework.weights_of(context.layer) if not weight.trainable]

    def run() -> None:
        with suppress(Exception):
            context.run(context.modes[-1])

    run()
    made = [weight for weight in frozen if weight.trainable]
    if made:
        context.layer.trainable = True  # setting what is set already does nothing
        context.layer.trainable = False
        line = line_that_changes(run, lambda: [w.trainable for w in frozen], context.author)
        yield from ((weight, line) for weight in made)
    context.start.restore()


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
