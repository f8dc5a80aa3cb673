"""Whether models around the layer can be trained."""

from __future__ import annotations

from collections.abc import Iterator

from layerdoctor.facts import Breach, BreachKind
from layerdoctor.probe.contract.context import Context

KINDS: dict[str, BreachKind] = {"functional": "functional-fit", "subclassed": "subclassed-fit"}


def check(context: Context) -> Iterator[Breach]:
    """Yield what ``fit`` of a functional and of a subclassed model raises."""
    for fit in context.fits:
        if fit.error is not None:
            failure = context.failure(fit.error, "training")
            location = failure.location or context.call_line
            yield Breach(kind=KINDS[fit.model.kind], failure=failure, location=location)
