"""When two results are the same: float noise, types, shapes, and numbers that are none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from layerdoctor.probe.contract.comparing import (
    arrays_of,
    as_nodes,
    changed_arrays,
    difference,
    differing,
    finite,
)


def array(*numbers: Any, dtype: str = "float32") -> Any:
    return np.array(numbers, dtype)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (array(1.0, 2.0), array(1.0, 2.0)),
        (array(1.0), array(1.0 + 1e-6)),
        (array(1000.0, 1e-5), array(1000.0, 2e-5)),
        (array(0.0), array(1e-6)),
        (array(math.nan, math.inf), array(math.nan, math.inf)),
        (array(1.0, dtype="float16"), array(1.01, dtype="float16")),
        (array(1 + 1j, dtype="complex64"), array(1 + 1.000001j, dtype="complex64")),
        (array("a", dtype="O"), array("a", dtype="O")),
        (array(), array()),
    ],
)
def test_float_noise_is_no_difference(one: Any, other: Any) -> None:
    assert difference([one], [other]) is None


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (array(1.0, 2.0), array(1.0, 2.5), 0.5),
        (array(3, dtype="int32"), array(4, dtype="int32"), 1.0),
        (array(True, dtype="bool"), array(False, dtype="bool"), 1.0),
        (array(1 + 1j, dtype="complex64"), array(1 + 3j, dtype="complex64"), 2.0),
        (array(1.0), array(math.nan), math.inf),
        (array(math.inf), array(-math.inf), math.inf),
        (array(1.0), array(1.0, 1.0), math.inf),
        (array(1.0), array(1.0, dtype="float64"), math.inf),
        (array("a", dtype="O"), array("b", dtype="O"), math.inf),
    ],
)
def test_the_largest_difference_counts(one: Any, other: Any, apart: float) -> None:
    assert difference([one], [other]) == apart
    assert difference([other], [one]) == apart


def test_another_number_of_outputs_is_a_difference_without_a_number() -> None:
    assert difference([array(1.0)], []) == math.inf
    assert finite(math.inf) is None
    assert finite(0.5) == 0.5


def test_where_two_arrays_differ() -> None:
    where = differing(array(1.0, 2.0, math.nan), array(1.0, 3.0, math.nan))
    assert where.tolist() == [False, True, False]


def test_the_leaves_of_an_output_become_arrays() -> None:
    output = {"b": tf.Variable([2.0]), "a": [tf.constant([1]), None, 3]}
    assert [leaf.tolist() for leaf in arrays_of(output)] == [[1], 3, [2.0]]


def test_arrays_are_changed_wherever_they_lie() -> None:
    given = {"a": [array(1.0), "text"], "b": tf.constant([2.0])}
    changed = changed_arrays(given, lambda value: value + 1)
    assert changed["a"][0].tolist() == [2.0]
    assert changed["a"][1] == "text"
    assert changed["b"].numpy().tolist() == [3.0]
    assert given["a"][0].tolist() == [1.0]


def test_a_graph_of_another_size_has_no_index_beyond_its_nodes() -> None:
    features = as_nodes(np.arange(8.0).reshape(4, 2), 4, 5, axes=1)
    assert features.shape == (5, 2)
    edges = as_nodes(np.array([[0, 3], [2, 1]]), 4, 3, axes=0)
    assert edges.tolist() == [[0, 0], [2, 1]]
    assert as_nodes(np.ones((4, 4)), 4, 6, axes=2).shape == (6, 6)
