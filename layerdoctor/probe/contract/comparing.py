"""Arrays of inputs and outputs: taken out, changed, and compared with float noise left aside."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from layerdoctor.probe.hooks.creation import as_tf_variable

BFLOAT16 = 2.0**-7
"""The precision of the one float type that NumPy does not know."""

FLOOR = 256
"""How many units of the type's precision two numbers near zero may lie apart."""


STEP = 0.05
"""How far values are moved from their start, which may hide what they do."""


def moved(value: Any, generator: np.random.Generator) -> Any:
    """Return a float array some steps away from where it is, upwards and in its own type."""
    step = STEP * np.abs(generator.standard_normal(value.shape))
    return value + step.astype(value.dtype)


def tensor_leaves(structure: Any) -> list[Any]:
    """Return the tensors in what a call returned; variables are read, other things left out."""
    leaves = []
    for item in tf.nest.flatten(structure, expand_composites=True):
        value = as_tf_variable(item)
        if isinstance(value, tf.Variable):
            leaves.append(value.read_value())
        elif isinstance(value, (tf.Tensor, np.ndarray, np.generic, bool, int, float, complex)):
            leaves.append(tf.convert_to_tensor(value))
    return leaves


def arrays_of(structure: Any) -> list[Any]:
    """Return the leaves of a structure of eager tensors as arrays of their own."""
    return [np.array(leaf) for leaf in tensor_leaves(structure) if leaf.dtype != tf.variant]


def difference(one: Sequence[Any], other: Sequence[Any]) -> float | None:
    """Return the largest absolute difference beyond float noise; None where there is none.

    It is infinite where the shapes or types differ, and where NaN or infinity stands in one alone.
    """
    if len(one) != len(other):
        return math.inf
    found = [_apart(a, b) for a, b in zip(one, other, strict=True)]
    return max((apart for apart in found if apart is not None), default=None)


def finite(apart: float | None) -> float | None:
    """Return a difference as facts hold it: None where it has no number."""
    return apart if apart is not None and math.isfinite(apart) else None


def differing(one: Any, other: Any) -> Any:
    """Return where two arrays of one shape differ beyond float noise, as an array of booleans."""
    if one.dtype.kind in "OSU" or one.dtype.kind in "biu":
        return one != other
    wide = np.complex128 if one.dtype.kind == "c" else np.float64
    a, b = one.astype(wide), other.astype(wide)
    known = np.isfinite(a) & np.isfinite(b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    largest = max((float(np.abs(x[known]).max(initial=0.0)) for x in (a, b)), default=0.0)
    precision = _precision(one.dtype)
    noise = max(math.sqrt(precision) * largest, FLOOR * precision)
    apart = np.abs(np.where(known, a, 0) - np.where(known, b, 0))
    return ~same & (~known | (apart > noise))


def _precision(dtype: Any) -> float:
    return float(np.finfo(dtype).eps) if dtype.kind in "fc" else BFLOAT16


def _apart(a: Any, b: Any) -> float | None:
    if a.shape != b.shape or a.dtype != b.dtype:
        return math.inf
    where = differing(a, b)
    if not np.any(where):
        return None
    if a.dtype.kind in "OSU":
        return math.inf
    wide = np.complex128 if a.dtype.kind == "c" else np.float64
    largest = float(np.abs(a[where].astype(wide) - b[where].astype(wide)).max())
    return largest if math.isfinite(largest) else math.inf


def changed_arrays(structure: Any, change: Callable[[Any], Any]) -> Any:
    """Return nested lists and dictionaries with every array and tensor in them changed."""
    if isinstance(structure, dict):
        return {key: changed_arrays(item, change) for key, item in structure.items()}
    if isinstance(structure, list):
        return [changed_arrays(item, change) for item in structure]
    if isinstance(structure, tf.Tensor):
        return tf.constant(change(structure.numpy()))
    return change(structure) if isinstance(structure, np.ndarray) else structure


def as_nodes(array: Any, given: int, size: int, *, axes: int) -> Any:
    """Return the array of a graph for ``size`` nodes in place of ``given``.

    Those of its first ``axes`` axes that count nodes are as long, and indices name nodes there are.
    """
    for axis in range(axes):
        if array.shape[axis : axis + 1] == (given,):
            array = np.take(array, np.arange(size) % given, axis=axis)
    return array % array.dtype.type(size) if array.dtype.kind in "iu" else array
