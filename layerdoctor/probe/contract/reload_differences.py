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
from layerdoctor.probe.contract.context import Bench
from layerdoctor.probe.hooks.creation import as_tf_variable
from layerdoctor.probe.layer import framework

MOST = 8
"""How many candidates are tried, each with one call."""


@dataclass(frozen=True, slots=True)
class Lost:
    """One thing that differs between the layer and the loaded one."""

    path: str
    location: Location | None
    put: Callable[[], None]
    """Give it to the loaded layer."""
    undo: Callable[[], None]


def candidates(bench: Bench, loaded: Any) -> list[Lost]:
    """Return what differs, weights first, then other variables, then attributes and tables."""
    return list(islice(_all(bench, loaded), MOST))


def _all(bench: Bench, loaded: Any) -> Iterator[Lost]:
    saved_walk = {item.attribute: item for item in bench.walk(bench.layer)}
    loaded_walk = {item.attribute: item for item in bench.walk(loaded)}
    paths = {id(as_tf_variable(item.thing)): item for item in saved_walk.values()}
    seen: set[int] = set()
    for weight, twin in _weights(bench.layer, loaded):
        seen.add(id(weight))
        if _differ(weight, twin):
            yield _variable(bench, weight, twin, paths.get(id(weight)), tracked=True)
    for path, item in saved_walk.items():
        variable, twin = as_tf_variable(item.thing), loaded_walk.get(path)
        other = as_tf_variable(twin.thing) if twin else None
        if id(variable) not in seen and _differ(variable, other):
            yield _variable(bench, variable, other, item, tracked=False)
    before, after = attributes_of(bench.layer), attributes_of(loaded)
    for path, attribute in before.items():
        if path in after and not equal(attribute.value, after[path].value):
            yield _attribute(bench, attribute, after[path])


def _weights(layer: Any, loaded: Any) -> list[tuple[Any, Any]]:
    mine = [as_tf_variable(weight) for weight in framework.weights_of(layer)]
    theirs = [as_tf_variable(weight) for weight in framework.weights_of(loaded)]
    return list(zip(mine, theirs, strict=True)) if len(mine) == len(theirs) else []


def _differ(one: Any, other: Any) -> bool:
    if not (isinstance(one, tf.Variable) and isinstance(other, tf.Variable)) or one is other:
        return False
    return one.shape == other.shape and not np.array_equal(one.numpy(), other.numpy())


def _variable(bench: Bench, mine: Any, theirs: Any, held: Held | None, *, tracked: bool) -> Lost:
    value, before = mine.read_value(), theirs.read_value()
    made = bench.creation_line(mine)
    own = bench.method_line("save_own_variables", "load_own_variables") if tracked else None
    path = held.attribute if held else mine.name.partition(":")[0]
    return Lost(
        path,
        own or made or (held.location if held else None),
        lambda: theirs.assign(value),
        lambda: theirs.assign(before),
    )


def _attribute(bench: Bench, mine: Attribute, theirs: Attribute) -> Lost:
    return Lost(
        mine.path,
        mine.location(bench.origins),
        lambda: mine.put_into(theirs.owner),
        lambda: theirs.put_into(theirs.owner),
    )
