"""Whether a Keras mask comes through, where the time axis does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.context import Bench
from layerdoctor.probe.contract.graphs import in_plain_graph, specs_of
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer import framework


def check(bench: Bench) -> Iterator[Breach]:
    """Yield that a mask on the first input is not on the output."""
    bench.need_keras("takes no Keras mask")
    if getattr(bench.layer, "supports_masking", False):
        return
    first = bench.subject.tensors()[0] if bench.subject.arrays else None
    if first is None or not _has_time(first):
        raise Skipped("the first input has no time axis")
    kept = [leaf for leaf in tf.nest.flatten(bench.returned) if _keeps(leaf, first)]
    if not kept:
        raise Skipped("no output keeps the time axis")
    if not _comes_through(bench):
        where = bench.method_line("__init__") or bench.call_line
        yield Breach(kind="dropped", location=where)


def _has_time(tensor: Any) -> bool:
    """Whether it is a batch of sequences of vectors; token ids carry no mask yet."""
    return bool(tensor.dtype.is_floating and tensor.shape.rank == 3)


def _keeps(leaf: Any, first: Any) -> bool:
    shape = tuple(getattr(leaf, "shape", None) or ())
    return len(shape) >= 2 and shape[:2] == tuple(first.shape[:2])


def _comes_through(bench: Bench) -> bool:
    def with_mask(tensors: list[Any]) -> None:
        tensors[0]._keras_mask = tf.ones(tensors[0].shape[:2], tf.bool)

    specs = specs_of(bench.subject.tensors())
    with bench.states_kept():
        try:
            _, returned = in_plain_graph(bench.subject, specs, with_mask)
        except Exception as error:
            raise Skipped("it cannot be traced") from error
    leaves = framework.flatten(returned)
    return any(getattr(leaf, "_keras_mask", None) is not None for leaf in leaves)
