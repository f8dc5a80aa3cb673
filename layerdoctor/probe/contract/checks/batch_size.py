"""Whether the layer works for other batch sizes than the one it was built with."""

from __future__ import annotations

import dis
import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import tensorflow as tf

from layerdoctor.facts import Breach
from layerdoctor.probe.contract.comparing import as_nodes
from layerdoctor.probe.contract.context import Bench
from layerdoctor.probe.contract.functional import SymbolicCall
from layerdoctor.probe.contract.outcome import Skipped
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.failures import first_cause

MOST_SQUARE = 3
"""How many square inputs are taken for adjacencies or not, in every combination."""


def check(bench: Bench) -> Iterator[Breach]:
    """Yield the batch sizes for which the call raises, or mixes the rows up."""
    bench.need_keras("promises nothing about batches")
    if getattr(bench.layer, "stateful", False) is True:
        raise Skipped("the layer is declared `stateful`, so its batch size is fixed")
    given = bench.batch
    usual = bench.eager(False)[0].outputs
    for size in (given + 1, 1) if given > 1 else (2,):
        breach = _with_size(bench, size, usual)
        if breach is not None:
            yield breach
            return
    breach = _unknown(bench)
    if breach is not None:
        yield breach


def _with_size(bench: Bench, size: int, usual: list[Any]) -> Breach | None:
    given = bench.batch
    bench.start.restore()
    try:
        outputs = bench.run(False, bench.resized(bench.subject, size)).outputs
    except Exception as error:
        return None if _fits_as_nodes(bench, size) else _raised(bench, error, str(size))
    finally:
        bench.start.restore()
    for before, now in zip(usual, outputs, strict=False):
        was_batch = before.shape[:1] == (given,)
        if was_batch and now.shape[:1] != (size,) and _follows_at_first(bench, size, before):
            return Breach(
                kind="shape",
                expected=str((size, *before.shape[1:])),
                received=str(now.shape),
                location=bench.call_line,
            )
    return None


def _fits_as_nodes(bench: Bench, size: int) -> bool:
    """Whether the layer works for so many rows that others count or point at, as in a graph.

    An adjacency has as many columns as there are nodes, and an edge names nodes that exist.
    """
    given = bench.batch
    square = [index for index, array in enumerate(bench.subject.arrays) if _is_square(array, given)]
    for several in itertools.product((True, False), repeat=len(square[:MOST_SQUARE])):
        counting = {index for index, chosen in zip(square, several, strict=False) if chosen}
        arrays = [
            as_nodes(array, given, size, axes=2 if index in counting else 1)
            for index, array in enumerate(bench.subject.arrays)
        ]
        bench.start.restore()
        with suppress(Exception):
            bench.run(False, replace(bench.resized(bench.subject, size), arrays=arrays))
            return True
    return False


def _is_square(array: Any, given: int) -> bool:
    return bool(array.shape[:2] == (given, given))


def _follows_at_first(bench: Bench, size: int, before: Any) -> bool:
    """Whether a layer that meets this batch first returns it: then the size was the batch."""
    if bench.obstacle is not None:
        return False
    outputs = bench.run(False, bench.resized(bench.fresh(), size)).outputs
    return any(output.shape == (size, *before.shape[1:]) for output in outputs)


def _raised(bench: Bench, error: Exception, received: str) -> Breach | None:
    if _says_why(bench, error):
        raise Skipped(f"for a batch of {received} the layer says why it refuses: {error}")
    failure = bench.failure(error, "batch_size")
    location = failure.location or bench.call_line
    given = str(bench.batch)
    return Breach(
        kind="raised", expected=given, received=received, failure=failure, location=location
    )


def _says_why(bench: Bench, error: BaseException) -> bool:
    """Whether the author's own ``raise`` or ``assert`` refuses the batch."""
    trace = first_cause(error, bench.author).__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or bench.author.rank(trace.tb_frame.f_code.co_filename) == 0:
        return False
    code = trace.tb_frame.f_code
    raising = {item.offset for item in dis.get_instructions(code) if item.opname == "RAISE_VARARGS"}
    return trace.tb_lasti in raising


def _unknown(bench: Bench) -> Breach | None:
    """Trace for an unknown batch, where the symbolic call has not done that already.

    Keras 3 asks a layer's own ``compute_output_shape`` instead of tracing ``call``.
    """
    if not bench.is_keras_3 or not framework.own_method(bench.layer, "compute_output_shape"):
        return None
    if not isinstance(bench.first_symbolic_call, SymbolicCall):
        return None
    if isinstance(bench.trace(False), Exception):
        return None
    specs = [
        tf.TensorSpec(
            (None, *tensor.shape[1:]) if bench.varies(array) else tensor.shape, tensor.dtype
        )
        for tensor, array in zip(bench.subject.tensors(), bench.subject.arrays, strict=True)
    ]
    trace = bench.traced(specs, False)
    if isinstance(trace, Exception):
        return _raised(bench, trace, "an unknown batch size")
    return None
