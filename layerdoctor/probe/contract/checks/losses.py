"""Whether each loss that a call adds is one number, or one for every sample of the batch."""

from __future__ import annotations

from collections.abc import Iterator

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.context import Context, EagerRun


def check(context: Context) -> Iterator[Breach]:
    """Yield the tensors handed to ``add_loss`` that are longer for a larger batch."""
    context.need_keras("adds no losses")
    for training in context.modes:
        added = context.eager(training)[0].losses
        if any(loss.shape[:1] == (context.batch,) for loss in added):
            yield from _growing(context, training)
            return


def _growing(context: Context, training: bool) -> Iterator[Breach]:
    usual = context.eager(training)[0]
    larger = context.run_resized(2 * context.batch, training)
    if not isinstance(larger, EagerRun) or len(larger.losses) != len(usual.losses):
        return
    told = set()
    for before, now in zip(usual.losses, larger.losses, strict=True):
        grows = before.shape != now.shape and before.shape[1:] == now.shape[1:]
        if grows and now.shape[0] == 2 * context.batch and before.location not in told:
            told.add(before.location)
            yield Breach(kind="per-sample", received=str(before.shape), location=before.location)
