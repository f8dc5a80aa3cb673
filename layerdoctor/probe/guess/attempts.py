"""What is asked of a call that works before its inputs are taken for the ones that are meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.guessing.forms import SHAPES
from layerdoctor.probe.contract.comparing import as_nodes
from layerdoctor.probe.contract.models.functional import call_symbolically
from layerdoctor.probe.layer import framework
from layerdoctor.probe.layer.subject import Subject

FLOATING = (tf.float16, tf.bfloat16, tf.float32, tf.float64)


@dataclass(frozen=True)
class Success:
    """A first call that worked, seen by a tape."""

    subject: Subject
    tensors: Sequence[Any]
    outputs: Sequence[Any]
    """The leaves of what it returned."""
    tape: tf.GradientTape

    @property
    def rows(self) -> int:
        """How many rows the first input has; 0 where the number of rows is not to be changed."""
        arrays = self.subject.arrays
        free = arrays and arrays[0].ndim and not self.subject.target.call
        return int(arrays[0].shape[0]) if free else 0

    @cached_property
    def with_more_rows(self) -> Exception | None:
        """What a call with one row more raises, in training where the layer tells that apart."""
        training = self.subject.has_training or None
        rows = self.rows
        return _raised(lambda: _call_with_rows(self.subject, rows, rows + 1, training))


class OtherRows(Exception):
    """The outputs do not have the rows of the inputs."""


def for_values(called: Success) -> Exception | None:
    """Return that the inputs are too short where every output is empty."""
    sizes = [tuple(tensor.shape) for tensor in called.outputs if hasattr(tensor, "shape")]
    empty = bool(sizes) and all(0 in size for size in sizes)
    return ValueError("too short: the outputs are empty") if empty else None


def differentiated(called: Success) -> Exception | None:
    """Return what taking a gradient with respect to the inputs raises."""
    return _raised(lambda: called.tape.gradient(_floating(called), called.tensors))


def with_one_row(called: Success) -> Exception | None:
    """Return what a call with the first row alone raises."""
    rows = called.rows
    return _raised(lambda: _call_with_rows(called.subject, rows, 1)) if rows > 1 else None


def in_training(called: Success) -> Exception | None:
    """Return what a call in training raises."""
    if called.rows and called.with_more_rows is None:
        return None
    return fails_in_training(called.subject)


def with_more_rows(called: Success) -> Exception | None:
    """Return what a call with one row more raises, also where its outputs have no row more."""
    return called.with_more_rows if called.rows else None


def symbolically(called: Success) -> Exception | None:
    """Return what a call on symbolic inputs raises."""
    subject = called.subject
    if not framework.is_layer(subject.layer) or any(a.dtype.kind in "OSU" for a in subject.arrays):
        return None
    sizes = [array.shape[0] if array.ndim else None for array in subject.arrays]
    return _raised(lambda: call_symbolically(subject, sizes))


def promised_rank(called: Success, ranks: Sequence[int]) -> int | None:
    """Return the rank of an input for which the layer may keep its promise; None where it does.

    ``ranks`` are those of the inputs. It promises one where its author computes the shape of the
    output.
    """
    subject = called.subject
    if not framework.is_authors(subject.layer, "compute_output_shape") or len(ranks) != 1:
        return None
    try:
        promise = subject.layer.compute_output_shape(tuple(called.tensors[0].shape))
        wanted, real = len(promise), len(called.outputs[0].shape)
    except Exception:
        return None
    rank = ranks[0] + wanted - real
    is_one = len(called.outputs) == 1 and not any(isinstance(each, tuple) for each in promise)
    return rank if is_one and rank != ranks[0] and rank in SHAPES else None


def promises_a_size(called: Success) -> bool:
    """Whether the shape of the output is computed as that of the first of several inputs."""
    layer, sizes = called.subject.layer, tuple(called.tensors[0].shape) if called.tensors else ()
    if not framework.is_authors(layer, "compute_output_shape"):
        return False
    try:
        return isinstance(layer.compute_output_shape(sizes), (int, type(None)))
    except Exception:
        return False


def is_about_whole_numbers(called: Success) -> bool:
    """Whether a layer without weights makes nothing but whole numbers of floats."""
    arrays = called.subject.arrays
    if framework.weights_of(called.subject.layer) or all(a.dtype.kind != "f" for a in arrays):
        return False
    dtypes = [getattr(item, "dtype", None) for item in called.outputs]
    return bool(dtypes) and all(getattr(dtype, "is_integer", False) for dtype in dtypes)


def is_zero(called: Success) -> bool:
    """Whether every output is zero for ordinary inputs."""
    values = _floats_of(called)
    return bool(values) and all(not value.any() for value in values)


def is_not_finite(called: Success) -> bool:
    """Whether an output is not finite for ordinary inputs."""
    return not all(np.isfinite(value).all() for value in _floats_of(called))


def _floats_of(called: Success) -> list[Any]:
    return [np.asarray(item, np.float64) for item in _floating(called)]


def _floating(called: Success) -> list[Any]:
    return [item for item in called.outputs if getattr(item, "dtype", tf.bool) in FLOATING]


ATTEMPTS = (for_values, in_training, differentiated, with_one_row, with_more_rows, symbolically)


def fails_in_training(subject: Subject) -> Exception | None:
    """Return what a call in training raises, where the layer tells that apart."""
    return _raised(lambda: subject.run(training=True)) if subject.has_training else None


def _call_with_rows(subject: Subject, rows: int, wanted: int, training: bool | None = None) -> None:
    """Call with other rows: what has as many rows as the first input goes along with it.

    Several inputs may be a graph: then an adjacency has other columns too, and indices name rows
    that there are. A layer of which the outputs do not follow may read the first axis as something
    else than the batch.
    """
    chosen = np.arange(wanted) % rows
    alike = [array.ndim > 0 and array.shape[0] == rows for array in subject.arrays]
    arrays = [
        np.take(array, chosen, axis=0) if goes_along else array
        for array, goes_along in zip(subject.arrays, alike, strict=True)
    ]
    try:
        outputs = framework.flatten(subject.run(subject.tensors(arrays), training=training))
    except Exception:
        if len(arrays) == 1:
            raise
        with suppress(Exception):
            nodes = [as_nodes(array, rows, wanted, axes=array.ndim) for array in subject.arrays]
            subject.run(subject.tensors(nodes), training=training)
            return
        raise
    sizes = [tuple(tensor.shape)[:1] for tensor in outputs if len(tensor.shape)]
    if sizes and (wanted,) not in sizes:
        raise OtherRows


def _raised(run: Callable[[], Any]) -> Exception | None:
    try:
        run()
    except Exception as error:
        return error
    return None
