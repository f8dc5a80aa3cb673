"""The layers of a model in the order of the data, each with the gradient that comes back to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layerdoctor.facts import GradientStatus, ModelLayer, Weight
from layerdoctor.probe.examination.examined import ExaminedLayer
from layerdoctor.probe.gradient.passes import Pass, status_of
from layerdoctor.probe.layer import framework

WORST_FIRST: tuple[GradientStatus, ...] = ("nonfinite", "none", "zero", "not-run", "flows")


def model_layers(
    examined: ExaminedLayer, seen: Pass, weights: Sequence[Weight]
) -> tuple[ModelLayer, ...] | None:
    """Return the layers of a model; None where the target is none.

    A model of Keras's own kinds has them in order, another has them in the order of their calls.
    """
    model = examined.layer
    layers = framework.layers_of_model(model)
    if not framework.is_model(model):
        return None
    if not framework.direct_sublayers(model):
        order = {layer: number for number, layer in enumerate(seen.layers)}
        layers.sort(key=lambda layer: order.get(id(layer), len(order)))
    paths = {id(held.thing): held.attribute for held in examined.called.held}
    return tuple(_row(examined, seen, layer, paths.get(id(layer)), weights) for layer in layers)


def _row(
    examined: ExaminedLayer,
    seen: Pass,
    layer: Any,
    attribute: str | None,
    weights: Sequence[Weight],
) -> ModelLayer:
    kind = type(layer)
    own = [each for each in weights if _is_in(each, attribute)]
    output, gradient = seen.layers.get(id(layer), (None, None))
    return ModelLayer(
        name=str(layer.name),
        attribute=attribute or str(layer.name),
        class_name=kind.__name__,
        location=None
        if framework.is_framework_class(kind)
        else examined.assignments.of_class(kind),
        output_shape=None if output is None else tuple(output.shape),
        weights=len(own),
        trainable=sum(each.trainable for each in own),
        inside=len(framework.sublayers_of(layer)) - 1,
        norm=status_of(gradient)[1],
        status=_worst(own),
    )


def _is_in(weight: Weight, attribute: str | None) -> bool:
    return attribute is not None and weight.attribute.startswith((f"{attribute}.", f"{attribute}["))


def _worst(weights: Sequence[Weight]) -> GradientStatus:
    found = {each.gradient.status for each in weights if each.trainable}
    return next((status for status in WORST_FIRST if status in found), "not-applicable")
