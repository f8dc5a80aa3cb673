"""Symbolic tensors that a first call, if it is traced, leaves on the layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from layerdoctor.facts import Breach, Failure
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import in_plain_graph, is_symbolic, specs_of
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer.subject import Subject


def leaked(context: Context) -> Iterator[Breach]:
    """Yield what tracing leaves on a fresh layer, with what a later call raises because of it.

    The layer is made and traced only where some call has left a tensor on the layer before.
    """
    for training in context.modes:
        context.trace(training)
    if not context.keeps_tensors:
        return
    subject = _traced_first(context)
    if subject is None:
        return
    left = [item for item in context.walk(subject.layer) if is_symbolic(item.thing)]
    if not left:
        return
    failure = _later_call(context, subject)
    for item in left:
        yield Breach(kind="leaked", subject=item.attribute, location=item.location, failure=failure)


def _traced_first(context: Context) -> Subject | None:
    """Return a fresh layer whose first call was traced; None where that cannot be had."""
    with suppress(Skipped):
        subject = context.fresh()
        with suppress(Exception):
            in_plain_graph(subject, specs_of(subject.tensors()))
        return subject
    return None


def _later_call(context: Context, subject: Subject) -> Failure | None:
    try:
        subject.run()
    except Exception as error:
        return context.failure(error, "graph")
    return None
