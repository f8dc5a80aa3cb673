"""What a constant is to the layer: used, derived from weights, the same at every construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.author import Author
from layerdoctor.facts import Constant
from layerdoctor.probe.gradient_stage import GradientStage
from layerdoctor.probe.holders import Held
from layerdoctor.probe.inventory import Hidden, Known
from layerdoctor.probe.recording import same_values


def derived_from(
    tape: tf.GradientTape, held: Iterable[Held], weights: Sequence[Known]
) -> dict[str, tuple[str, ...]]:
    """Return, for each held float tensor, the weights it was computed from under the tape."""
    sources = [item for item in weights if item.variable.dtype.is_floating]
    found: dict[str, tuple[str, ...]] = {}
    for item in held:
        tensor = item.thing
        if not isinstance(tensor, tf.Tensor) or not hasattr(tensor, "_id") or not sources:
            continue
        if not tensor.dtype.is_floating or item.framework_owned:
            continue
        gradients = tape.gradient(tensor, [weight.variable for weight in sources])
        names = tuple(
            weight.fact.attribute
            for weight, gradient in zip(sources, gradients, strict=True)
            if gradient is not None
        )
        if names:
            found[item.attribute] = names
    return found


def used_constants(
    stage: GradientStage, hidden: Sequence[Hidden], author: Author
) -> list[Constant]:
    """Return the constants with what the passes tell of their use and their gradient.

    A tensor is recognised by its identity, an array by its numbers: TensorFlow copies it.
    """
    del author
    taken = stage.read()
    outside = {
        identity: tensor
        for seen in stage.passes
        for identity, tensor in seen.flow.recording.outside.items()
        if hasattr(tensor, "numpy") and tensor.dtype not in (tf.resource, tf.variant)
    }
    facts = []
    for item in hidden:
        if isinstance(item.thing, tf.Tensor):
            used = item.thing._id in taken
            facts.append(replace(item.fact, used=used, gradient=stage.gradient_at(item.thing)))
        else:
            used = any(same_values(tensor, item.thing) for tensor in outside.values())
            facts.append(replace(item.fact, used=used))
    return facts


def compare(
    facts: Sequence[Constant], hidden: Sequence[Hidden], second: Sequence[Held]
) -> list[Constant]:
    """Return the constants with whether another construction gives the same values."""
    again = {item.attribute: item.thing for item in second}
    return [
        replace(fact, stable=_equal(item.thing, again.get(fact.name)))
        for fact, item in zip(facts, hidden, strict=True)
    ]


def _equal(first: Any, second: Any) -> bool | None:
    if not isinstance(second, (tf.Tensor, np.ndarray)):
        return None
    one, other = np.asarray(first), np.asarray(second)
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))
