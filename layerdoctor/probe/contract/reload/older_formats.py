"""The formats that Keras 2 has beside its archive, and what keeps a layer from being written so.

A file of HDF5 names weights by their own names alone; a checkpoint holds every object that is
tracked by a name of text, and a SavedModel the traces of all calls besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerdoctor.facts import Location, SavedFormat
from layerdoctor.probe.contents.inventory import attribute_of
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import operations
from layerdoctor.probe.hooks.logged_warnings import warnings_logged_no_more
from layerdoctor.probe.layer import framework

OLDER: tuple[SavedFormat, ...] = (".h5", "checkpoint", "SavedModel")
"""The lightest one first."""
TRACES = 12
"""How many traces of the layer a SavedModel takes, about, those of loading among them."""
MOST_TRACED = 100
"""Of how many operations a layer is saved so. A recurrent one takes ten seconds and more, and what
it holds can be saved where it can be in a checkpoint."""
NAMELESS = "Variable:0"
"""What TensorFlow calls a variable that was given no name."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What of a layer cannot be written."""

    attribute: str
    location: Location | None
    name: str | None = None
    """Of a weight: the name that it shares with another one, or has been given by default."""


def formats(context: Context) -> Iterator[SavedFormat]:
    """Yield the formats to write the layer in."""
    yield from (".h5", "checkpoint")
    trace = context.trace(False)
    if not isinstance(trace, Exception) and context.has_time(TRACES):
        count = sum(1 for _ in operations(trace.graph))
        if count <= MOST_TRACED:
            yield "SavedModel"


def write_as(form: SavedFormat, model: Any, folder: Path) -> str:
    """Write a model into a folder, and return the name of what was written; raises as Keras does.

    It warns of what does not matter here: that the format is an older one, and what is untraced.
    """
    file = f"older-{form}"
    with warnings_logged_no_more():
        if form == "checkpoint":
            model.save_weights(folder / file, save_format="tf")
        else:
            model.save(folder / file, save_format="h5" if form == ".h5" else "tf")
    return file


def obstacle(context: Context, layer: Any, form: SavedFormat) -> Obstacle | None:
    """Return what of a layer an older format has no room for; None where Keras alone knows."""
    found = _of_one_name(context, layer) if form == ".h5" else _untracked(context, layer)
    return next(found, None)


def _of_one_name(context: Context, layer: Any) -> Iterator[Obstacle]:
    """Yield the weights that have the name of another one."""
    parts = layer.layers if framework.is_model(layer) else [layer]
    names = [Counter(weight.name for weight in framework.weights_of(part)) for part in parts]
    taken = {name for counted in names for name, count in counted.items() if count > 1}
    yield from (each for each in _weights(context, layer) if each.name in taken)


def _untracked(context: Context, layer: Any) -> Iterator[Obstacle]:
    """Yield the weights that are tracked by no name, and the containers that cannot be tracked."""
    known = _weights(context, layer)
    yield from (each for each in known if str(each.name).rpartition("/")[2] == NAMELESS)
    for held in context.walk(layer):
        if not framework.is_layer(held.thing):
            continue
        for name, value in vars(held.thing).items():
            try:
                getattr(value, "_trackable_children", dict)()
            except ValueError:
                place = context.assignments.of_attribute(type(held.thing), name)
                yield Obstacle(f"{held.attribute}.{name}", place)


def _weights(context: Context, layer: Any) -> Iterator[Obstacle]:
    """Yield the weights of a layer, the last one that was made first."""
    known = {id(weight) for weight in framework.weights_of(layer)}
    for held in reversed(context.walk(layer)):
        if id(held.thing) in known:
            attribute, _ = attribute_of(held, held.thing)
            made = context.creation_line(held.thing) or held.location
            yield Obstacle(attribute, made, held.thing.name)
