"""Whether models around the layer can be trained, and a model by a step of its author's own."""

from __future__ import annotations

from collections.abc import Iterator

from layerdoctor.facts import Breach, BreachKind, Location
from layerdoctor.probe.contents.inventory import attribute_of
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import Trace, is_symbolic, line_of, operations
from layerdoctor.probe.contract.leaks import is_out_of_scope
from layerdoctor.probe.contract.models.own_step import has_own_step, own_step
from layerdoctor.probe.contract.models.training import Fit
from layerdoctor.probe.layer import framework

KINDS: dict[str, BreachKind] = {"functional": "functional-fit", "subclassed": "subclassed-fit"}


def check(context: Context) -> Iterator[Breach]:
    """Yield what ``fit`` of a functional and of a subclassed model raises.

    What a step of its author's own trains is trained by that too; a whole model by nothing else.
    """
    has_step = has_own_step(context.layer) and context.obstacle is None
    if has_step and context.is_whole_model:
        yield from _own_step(context)
        return
    fits = context.fits
    for fit in fits:
        if fit.error is not None:
            failure = context.failure(fit.error, "training")
            name, line = _made_in_graph(context, fit)
            lost_by, lost_at = (None, None) if failure.location else _axes_lost(context)
            yield Breach(
                kind=KINDS[fit.model.kind],
                subject=name,
                failure=failure,
                op=lost_by,
                location=failure.location or line or lost_at or context.call_line,
                only_behind_trained=fit.only_behind_trained,
            )
    trained = all(fit.error is None for fit in fits)
    if trained and has_step:
        yield from _own_step(context)


def _made_in_graph(context: Context, fit: Fit) -> tuple[str | None, Location | None]:
    """Return the regularizer or constraint of a weight that holds a tensor of a graph, if any.

    With the line that made it: `build` runs in a graph where Keras 3 builds a subclassed model.
    """
    if not is_out_of_scope(fit.error):
        return None, None
    for held in context.walk(fit.model.subject.layer):
        for kind in ("regularizer", "constraint"):
            for tensor in getattr(getattr(held.thing, kind, None), "__dict__", {}).values():
                if is_symbolic(tensor):
                    name = attribute_of(held, held.thing)[0]
                    return f"{name}.{kind}", line_of(tensor.op, context.author)
    return None, None


def _axes_lost(context: Context) -> tuple[str | None, Location | None]:
    """Return the operation, and its line, from which on nobody knows how many axes there are.

    Keras, not the author, then raises in ``fit``, where the batch size is unknown.
    """
    trace = context.for_unknown_batch(True)
    if not isinstance(trace, Trace):
        return None, None
    for each, _ in operations(trace.graph):
        known = [tensor.shape.rank is not None for tensor in each.inputs]
        line = line_of(each, context.author)
        if line and all(known) and any(made.shape.rank is None for made in each.outputs):
            return each.type, line
    return None, None


def _own_step(context: Context) -> Iterator[Breach]:
    """Yield what the author's own step raises, or that it moves no weight."""
    where = context.method_line("train_step")
    subject = context.fresh()
    moved = own_step(subject)
    if isinstance(moved, Exception):
        failure = context.failure(moved, "training")
        yield Breach(kind="own-step", failure=failure, location=failure.location or where)
        return
    context.tell_trained(subject, moved)
    if not moved and framework.trainable_of(subject.layer):
        yield Breach(kind="idle-step", location=where)
