"""Whether a Keras mask comes through, where the time axis does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.context import Context
from layerdoctor.probe.contract.graphs import in_plain_graph, specs_of
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer import framework


def check(context: Context) -> Iterator[Breach]:
    """Yield that a mask on the first input is not on the output."""
    context.need_keras("takes no Keras mask")
    if getattr(context.layer, "supports_masking", False):
        return
    first = context.subject.tensors()[0] if context.subject.arrays else None
    if first is None or not _has_time(first):
        raise Skipped("the first input has no time axis")
    kept = [leaf for leaf in tf.nest.flatten(context.returned) if _keeps(leaf, first)]
    if not kept:
        raise Skipped("no output keeps the time axis")
    if not _comes_through(context):
        where = context.method_line("__init__") or context.call_line
        yield Breach(kind="dropped", location=where)


def _has_time(tensor: Any) -> bool:
    """Whether it is a batch of sequences of vectors; token ids carry no mask yet."""
    return bool(tensor.dtype.is_floating and tensor.shape.rank == 3)


def _keeps(leaf: Any, first: Any) -> bool:
    shape = tuple(getattr(leaf, "shape", None) or ())
    return len(shape) >= 2 and shape[:2] == tuple(first.shape[:2])


def _comes_through(context: Context) -> bool:
    def with_mask(tensors: list[Any]) -> None:
        tensors[0]._keras_mask = tf.ones(tensors[0].shape[:2], tf.bool)

    specs = specs_of(context.subject.tensors())
    with context.states_kept():
        try:
            _, returned = in_plain_graph(context.subject, specs, with_mask)
        except Exception as error:
            raise Skipped("it cannot be traced") from error
    leaves = framework.flatten(returned)
    return any(getattr(leaf, "_keras_mask", None) is not None for leaf in leaves)
