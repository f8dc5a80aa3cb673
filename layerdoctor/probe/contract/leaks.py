"""Symbolic tensors that training, or a first call that is traced, leaves on the layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from tensorflow.python.framework.errors_impl import InaccessibleTensorError

from layerdoctor.facts import Breach, Failure
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import in_plain_graph, is_symbolic, specs_of
from layerdoctor.probe.contract.models.training import Fit
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer.subject import Subject


def leaked(context: Context) -> Iterator[Breach]:
    """Yield what is left on fresh layers, with what ``fit`` or a later call raises because of it.

    This is only looked for where some call has left a tensor on the layer before.
    """
    for training in context.modes:
        context.trace(training)
    if not context.keeps_tensors:
        return
    try:
        fits = context.fits
    except Skipped:
        yield from _after_a_traced_call(context)
        return
    found: dict[str, Breach] = {}
    for fit in fits:
        failure = _because_of_it(context, fit)
        left = _left(context, fit.model.subject)
        failure = failure or (_later_call(context, fit.model.subject) if left else None)
        for leak in _told(left, failure):
            if failure or leak.subject not in found:
                found[str(leak.subject)] = leak
    yield from found.values()


def is_out_of_scope(error: BaseException | None) -> bool:
    """Whether an exception says that a tensor belongs to another graph."""
    while error is not None:
        if isinstance(error, InaccessibleTensorError) or "is out of scope" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _because_of_it(context: Context, fit: Fit) -> Failure | None:
    if fit.error is None or not is_out_of_scope(fit.error):
        return None
    return context.failure(fit.error, "graph")


def _left(context: Context, subject: Subject) -> list[tuple[str, Breach]]:
    """Return the names of the tensors that are left on a layer, each with what is told of it."""
    return [
        (item.thing.name, Breach(kind="leaked", subject=item.attribute, location=item.location))
        for item in context.walk(subject.layer)
        if is_symbolic(item.thing)
    ]


def _told(left: list[tuple[str, Breach]], failure: Failure | None) -> list[Breach]:
    """Return what is told of them, first of those that the exception names.

    What other layers keep has then done nothing that was seen: it may only be there to look at.
    """
    message = failure.message if failure else ""
    named = {pair for pair in left if f"'{pair[0]}'" in message}
    owners = {_owner(leak) for _, leak in named}
    ordered = sorted(left, key=lambda pair: pair not in named)
    return [
        replace(leak, failure=failure) if not owners or _owner(leak) in owners else leak
        for _, leak in ordered
    ]


def _owner(leak: Breach) -> str:
    """Return the layer that keeps it: ``self.attention`` of ``self.attention.index``."""
    return (leak.subject or "").rpartition(".")[0]


def _after_a_traced_call(context: Context) -> Iterator[Breach]:
    """Yield what a traced call leaves on a fresh layer that no ``fit`` can train."""
    with suppress(Skipped):
        subject = context.fresh()
        with suppress(Exception):
            in_plain_graph(subject, specs_of(subject.tensors()))
        left = _left(context, subject)
        failure = _later_call(context, subject) if left else None
        yield from _told(left, failure)


def _later_call(context: Context, subject: Subject) -> Failure | None:
    try:
        subject.run()
    except Exception as error:
        return context.failure(error, "graph")
    return None
