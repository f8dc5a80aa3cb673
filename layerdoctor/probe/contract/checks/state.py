"""Whether a saved and loaded layer computes what it computed before."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.comparing import arrays_of, difference, finite
from layerdoctor.probe.contract.context import INSTANCE, MOST_HELD, Context
from layerdoctor.probe.contract.graphs import is_random, operations
from layerdoctor.probe.contract.outcome import Skipped, first_line
from layerdoctor.probe.contract.reload_differences import ReloadDifference, candidates
from layerdoctor.probe.contract.reloading import reloaded
from layerdoctor.probe.layer.subject import Snapshot, Subject

STEP = 0.05
"""How far the trained variables are moved from their start."""


def check(context: Context) -> Iterator[Breach]:
    """Yield what does not come back after the layer was saved in a state that it was trained to."""
    context.need_keras("is saved as a whole, by `tf.saved_model` or `tf.train.Checkpoint`")
    if context.obstacle not in (None, INSTANCE):
        raise Skipped(context.obstacle)
    if context.holds_too_much:
        raise Skipped(
            f"the layer holds more than {MOST_HELD:,} things, and saving goes through each"
        )
    if context.repeated is not None:
        raise Skipped("two calls of the same layer differ already")
    trained = _train(context)
    try:
        expected = context.run(False).outputs
        trained.restore()
        if not trained.values and _is_all_config(context, expected):
            return
        again = reloaded(context)
        received = _outputs(again)
        apart = difference(expected, received)
        if apart is not None and _is_random(context):
            raise Skipped("the layer is random by declaration")
        if apart is not None:
            yield from _lost(context, again, expected, apart)
    finally:
        context.start.restore()


def _is_all_config(context: Context, expected: list[Any]) -> bool:
    """Whether the config alone brings the output back, so that an archive can lose nothing."""
    try:
        layer, _ = context.round_trip.loaded
        again = _outputs(replace(context.subject, layer=layer))
    except Exception:
        return False
    return difference(expected, again) is None


def _train(context: Context) -> Snapshot:
    """Bring every variable that training moves away from its start, and return that state."""
    context.after_calls.restore()
    generator = np.random.default_rng(context.subject.target.seed)
    for variable in context.variables(context.layer):
        if variable.trainable and variable.dtype.is_floating:
            step = STEP * np.abs(generator.standard_normal(tuple(variable.shape)))
            variable.assign_add(step.astype(variable.dtype.as_numpy_dtype))
    return Snapshot.of([variable for variable, _ in context.start.values])


def _outputs(subject: Subject) -> list[Any]:
    try:
        return arrays_of(subject.run(training=False))
    except Exception as error:
        words = f"{type(error).__name__}: {first_line(error)}"
        raise Skipped(f"the loaded layer cannot be called: {words}") from None


def _is_random(context: Context) -> bool:
    trace = context.trace(False)
    if isinstance(trace, Exception):
        return False
    return any(is_random(inner) for inner, _ in operations(trace.graph))


def _lost(context: Context, again: Subject, expected: list[Any], apart: float) -> Iterator[Breach]:
    """Yield each thing that brings the outputs together once it is put over, or what is known.

    Where no single one does, it is the first several that do so together: weights come first.
    """

    def left(several: Sequence[ReloadDifference]) -> float:
        for lost in several:
            lost.put()
        nearer = difference(expected, _outputs(again))
        for lost in several:
            lost.undo()
        return nearer or 0.0

    known = candidates(context, again.layer)
    found = [lost for lost in known if left([lost]) < apart / 2]
    if not found and len(known) > 1 and (least := left(known)) < apart / 2:
        sizes = range(len(known))
        found = known[: bisect_left(sizes, True, lo=2, key=lambda n: left(known[:n]) <= least)]
    breach = Breach(kind="lost", difference=finite(apart))
    if not found:
        yield breach
    for lost in found:
        yield replace(breach, subject=lost.path, location=lost.location)
