"""Whether models around the layer can be trained, and a model by a step of its author's own."""

from __future__ import annotations

from collections.abc import Iterator

from layerdoctor.facts import Breach, BreachKind
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.models.own_step import has_own_step, own_step

KINDS: dict[str, BreachKind] = {"functional": "functional-fit", "subclassed": "subclassed-fit"}


def check(context: Context) -> Iterator[Breach]:
    """Yield what ``fit`` of a functional and of a subclassed model raises."""
    fits = context.fits
    for fit in fits:
        if fit.error is not None:
            failure = context.failure(fit.error, "training")
            location = failure.location or context.call_line
            yield Breach(
                kind=KINDS[fit.model.kind],
                failure=failure,
                location=location,
                only_behind_trained=fit.only_behind_trained,
            )
    trained = all(fit.error is None for fit in fits)
    if trained and has_own_step(context.layer) and context.obstacle is None:
        yield from _own_step(context)


def _own_step(context: Context) -> Iterator[Breach]:
    """Yield what the author's own step raises, or that it moves no weight."""
    where = context.method_line("train_step")
    ended = own_step(context.fresh())
    if isinstance(ended, Exception):
        failure = context.failure(ended, "training")
        yield Breach(kind="own-step", failure=failure, location=failure.location or where)
    elif not ended:
        yield Breach(kind="idle-step", location=where)
