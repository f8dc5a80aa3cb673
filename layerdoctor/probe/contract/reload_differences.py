"""What may be lost in a save and a load: what the loaded layer holds otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.facts import Location
from layerdoctor.probe.contents.object_walk import Held
from layerdoctor.probe.contract.attributes import Attribute, attributes_of, equal
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework

MOST = 8
"""How many candidates are tried, each with one call."""


@dataclass(frozen=True, slots=True)
class ReloadDifference:
    """One thing that differs between the layer and the loaded one."""

    path: str
    location: Location | None
    put: Callable[[], None]
    """Give it to the loaded layer."""
    undo: Callable[[], None]


def candidates(context: Context, loaded: Any) -> list[ReloadDifference]:
    """Return what differs, weights first, then other variables, then attributes and tables."""
    return list(islice(_all(context, loaded), MOST))


def _all(context: Context, loaded: Any) -> Iterator[ReloadDifference]:
    saved_walk = {item.attribute: item for item in context.walk(context.layer)}
    loaded_walk = {item.attribute: item for item in context.walk(loaded)}
    paths = {id(as_tf_variable(item.thing)): item for item in saved_walk.values()}
    seen: set[int] = set()
    for weight, twin in _weights(context.layer, loaded):
        seen.add(id(weight))
        if _differ(weight, twin):
            yield _variable(context, weight, twin, paths.get(id(weight)), tracked=True)
    for path, item in saved_walk.items():
        variable, twin = as_tf_variable(item.thing), loaded_walk.get(path)
        other = as_tf_variable(twin.thing) if twin else None
        if id(variable) not in seen and _differ(variable, other):
            yield _variable(context, variable, other, item, tracked=False)
    before, after = attributes_of(context.layer), attributes_of(loaded)
    for path, attribute in before.items():
        if path in after and not equal(attribute.value, after[path].value):
            yield _attribute(context, attribute, after[path])


def _weights(layer: Any, loaded: Any) -> list[tuple[Any, Any]]:
    mine = [as_tf_variable(weight) for weight in framework.weights_of(layer)]
    theirs = [as_tf_variable(weight) for weight in framework.weights_of(loaded)]
    return list(zip(mine, theirs, strict=True)) if len(mine) == len(theirs) else []


def _differ(one: Any, other: Any) -> bool:
    if not (isinstance(one, tf.Variable) and isinstance(other, tf.Variable)) or one is other:
        return False
    return one.shape == other.shape and not np.array_equal(one.numpy(), other.numpy())


def _variable(
    context: Context, mine: Any, theirs: Any, held: Held | None, *, tracked: bool
) -> ReloadDifference:
    value, before = mine.read_value(), theirs.read_value()
    made = context.creation_line(mine)
    own = context.method_line("save_own_variables", "load_own_variables") if tracked else None
    path = held.attribute if held else mine.name.partition(":")[0]
    return ReloadDifference(
        path,
        own or made or (held.location if held else None),
        lambda: theirs.assign(value),
        lambda: theirs.assign(before),
    )


def _attribute(context: Context, mine: Attribute, theirs: Attribute) -> ReloadDifference:
    return ReloadDifference(
        mine.path,
        mine.location(context.assignments),
        lambda: mine.put_into(theirs.owner),
        lambda: theirs.put_into(theirs.owner),
    )
