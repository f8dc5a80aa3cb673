"""What is replaced inside TensorFlow and Keras: it is there, is put back, and is missed by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tensorflow as tf

from layerdoctor.probe.hooks.internals import (
    INTERNALS,
    KERAS_INTERNALS,
    TENSOR_READ,
    Internal,
    missing,
    replaced,
)


def test_this_version_of_tensorflow_has_all_of_them() -> None:
    assert missing() is None


def test_one_that_is_gone_is_told_by_its_name_and_by_what_would_go_unseen() -> None:
    gone = Internal(
        "tensorflow.python.framework.ops", "_Gone.read", why="", since="2.13", unseen="every read"
    )
    words = missing([gone])
    assert words is not None
    assert "`tensorflow.python.framework.ops._Gone.read`" in words
    assert "every read would go unseen" in words
    assert tf.__version__ in words


@pytest.mark.parametrize("internal", [*INTERNALS, *KERAS_INTERNALS], ids=lambda each: each.name)
def test_each_is_as_it_was_once_the_block_has_ended(internal: Internal) -> None:
    owner, name = internal.owner()
    before = getattr(owner, name)
    with replaced(internal, lambda original: [original]):
        assert getattr(owner, name) == [before]
    assert getattr(owner, name) is before


def test_the_replacement_takes_part_when_a_tensor_is_read() -> None:
    shapes: list[tf.TensorShape] = []

    def wrap(original: Callable[[tf.Tensor], object]) -> Callable[[tf.Tensor], object]:
        def read(tensor: tf.Tensor) -> object:
            shapes.append(tensor.shape)
            return original(tensor)

        return read

    with replaced(TENSOR_READ, wrap):
        tf.ones((2, 3)).numpy()
    assert shapes == [(2, 3)]
