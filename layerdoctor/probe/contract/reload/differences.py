"""What may be lost in a save and a load: what the loaded layer holds otherwise."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.probe.contract.attributes import Attribute, attributes_of, equal
from layerdoctor.probe.contract.reload.record import Archive, Kept
from layerdoctor.probe.hooks.creation import as_tf_variable

MOST = 8
"""How many candidates are tried, each with one call."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between the saved layer and the loaded one."""

    kept: Kept
    put: Callable[[], None]
    """Give it to the loaded layer."""
    undo: Callable[[], None]


def lost(
    archive: Archive, layer: Any, variables: dict[str, Any], apart: Callable[[], float], far: float
) -> list[Kept]:
    """Return each thing that brings the outputs together once it is put over.

    Where no single one does, it is the first several that do so together: weights come first.
    ``variables`` are those of the loaded layer by their paths, ``apart`` tells how far its output
    lies from the expected one, and ``far`` is what it tells now.
    """

    def left(several: Sequence[Difference]) -> float:
        for difference in several:
            difference.put()
        nearer = apart()
        for difference in several:
            difference.undo()
        return nearer

    known = list(islice(_differences(archive, layer, variables), MOST))
    found = [difference for difference in known if left([difference]) < far / 2]
    if not found and len(known) > 1 and (least := left(known)) < far / 2:
        sizes = range(len(known))
        found = known[: bisect_left(sizes, True, lo=2, key=lambda n: left(known[:n]) <= least)]
    return [difference.kept for difference in found]


def _differences(archive: Archive, layer: Any, variables: dict[str, Any]) -> Iterator[Difference]:
    """Yield what differs, weights first, then other variables, then attributes and tables."""
    for kept in (*archive.weights, *archive.variables):
        twin = as_tf_variable(variables.get(kept.path))
        if _is_like(twin, kept.value) and not np.array_equal(twin.numpy(), kept.value):
            yield _of_variable(kept, twin)
    held = attributes_of(layer)
    for kept in archive.attributes:
        own = held.get(kept.path)
        if own is not None and not equal(kept.value, own.value):
            yield _of_attribute(kept, own)


def _is_like(variable: Any, value: Any) -> bool:
    return isinstance(variable, tf.Variable) and tuple(variable.shape) == value.shape


def _of_variable(kept: Kept, variable: Any) -> Difference:
    before = variable.read_value()
    return Difference(kept, lambda: variable.assign(kept.value), lambda: variable.assign(before))


def _of_attribute(kept: Kept, own: Attribute) -> Difference:
    return Difference(kept, lambda: own.put(kept.value), lambda: own.put(own.value))
