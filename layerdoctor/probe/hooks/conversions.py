"""Values that leave TensorFlow: for Python, or for NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.util import tf_stack

from layerdoctor.probe.hooks.internals import NUMPY_FUNCTION, TENSOR_READ, replaced

LIBRARY = "/tensorflow/python/"
READING = "/tensorflow/python/framework/ops.py"


@dataclass(slots=True)
class Conversion:
    """A value that left TensorFlow for Python or NumPy."""

    tensor: int
    stack: Any

    @property
    def asked_by_tensorflow(self) -> bool:
        """Whether TensorFlow itself read it, as ``tf.cond`` does to choose a branch."""
        files = [frame.filename.replace("\\", "/") for frame in self.stack]
        inside = [file for file in files[:-1] if not file.endswith(READING)]
        return bool(inside) and LIBRARY in inside[-1]


@contextmanager
def conversions_seen(left: Callable[[Conversion], None]) -> Iterator[None]:
    """Report every eager tensor whose value is read by Python.

    NumPy reads the memory of a tensor without TensorFlow noticing: this is not seen here.
    """

    def wrap(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def read(tensor: Any) -> Any:
            left(Conversion(tensor._id, tf_stack.extract_stack()))
            return original(tensor)

        return read

    with replaced(TENSOR_READ, wrap):
        yield


@contextmanager
def arrays_seen(left: Callable[[Sequence[Any], Sequence[Any]], None]) -> Iterator[None]:
    """Report the calls of ``tf.numpy_function``: the tensors that go in and those that come out."""

    def wrap(common: Callable[..., Any]) -> Callable[..., Any]:
        def seen(function: Any, inp: Any = None, *args: Any, **kwargs: Any) -> Any:
            returned = common(function, inp, *args, **kwargs)
            taken = [item for item in tf.nest.flatten(inp) if hasattr(item, "_id")]
            left(taken, [item for item in tf.nest.flatten(returned) if hasattr(item, "_id")])
            return returned

        return seen

    with replaced(NUMPY_FUNCTION, wrap):
        yield
