"""What is replaced inside TensorFlow and Keras while a layer runs, and how it is put back.

They have no public place from which all of this can be seen. Each row names one attribute that
is replaced, why, since which version it is known to be there, and what would go unseen without it.
An examination does not begin where one of them is missing: `missing` says which.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

import tensorflow as tf


@dataclass(frozen=True, slots=True)
class Internal:
    """One attribute of a module of TensorFlow's or Keras's that is no part of its promise."""

    module: str
    attribute: str
    """With dots where it is an attribute of a class in the module."""
    why: str
    """What it shows, or what it lets run in another way."""
    since: str
    """The first version of its package in which it was seen to be there."""
    unseen: str
    """What nobody would notice without it."""

    @property
    def name(self) -> str:
        """The whole name: module and attribute."""
        return f"{self.module}.{self.attribute}"

    def owner(self) -> tuple[Any, str]:
        """Return the object that holds the attribute, and the attribute's last name.

        Raises ``ImportError`` or ``AttributeError`` where this version does not have it.
        """
        *classes, last = self.attribute.split(".")
        owner = reduce(getattr, classes, importlib.import_module(self.module))
        getattr(owner, last)
        return owner, last


TENSOR_READ = Internal(
    "tensorflow.python.framework.ops",
    "_EagerTensorBase._numpy",
    why="every `.numpy()`, `float()` and `bool()` of an eager tensor passes it",
    since="2.13",
    unseen="a value that leaves TensorFlow for Python, and ends the gradient there",
)
NUMPY_FUNCTION = Internal(
    "tensorflow.python.ops.script_ops",
    "py_func_common",
    why="`tf.numpy_function` runs eagerly through it, without an operation that a callback sees",
    since="2.13",
    unseen="a gradient that ends in `tf.numpy_function`",
)
PYTHON_FUNCTION = Internal(
    "tensorflow.python.ops.script_ops",
    "_internal_py_func",
    why="`tf.py_function` hides its body behind it; the body is run in its place",
    since="2.13",
    unseen="the operations inside `tf.py_function`",
)
GRAPH_CALLBACK = Internal(
    "tensorflow.python.ops.script_ops",
    "FuncRegistry.__call__",
    why="a graph runs the function of `tf.numpy_function` through it, in a thread of TensorFlow's",
    since="2.13",
    unseen="the line of such a function that changes an input",
)
CUSTOM_GRADIENT = Internal(
    "tensorflow.python.ops.custom_gradient",
    "_eager_mode_decorator",
    why="every function under `tf.custom_gradient` that runs eagerly passes it",
    since="2.13",
    unseen="the author's custom gradients, and what `tf.recompute_grad` wraps",
)
TAPE_RECORD = Internal(
    "tensorflow.python.eager.record",
    "record_operation",
    why="tapes are told of a function with a gradient of its own through it",
    since="2.13",
    unseen="which inputs a custom gradient passes a gradient to",
)
FAST_PATH = Internal(
    "tensorflow.python.pywrap_tfe",
    "TFE_Py_FastPathExecute",
    why="it reads a variable that is an operand in C, where no callback sees the read",
    since="2.13",
    unseen="that an operation has read a variable",
)
VECTORIZED_LOOP = Internal(
    "tensorflow.python.ops.parallel_for.control_flow_ops",
    "pfor",
    why="`tf.vectorized_map` runs its function in a graph through it; it is run row by row",
    since="2.13",
    unseen="the operations inside `tf.vectorized_map`",
)
TRACE = Internal(
    "tensorflow.python.framework.func_graph",
    "func_graph_from_py_func",
    why="every trace of a `tf.function` passes it",
    since="2.13",
    unseen="that a function is traced again and again",
)

CLOCK = Internal(
    "time",
    "time",
    why="the author's code reads the time by it, or by one of its kin under a name of its own",
    since="2.13",
    unseen="that outputs follow the clock, which tracing stops",
)

KERAS_NODE = Internal(
    "keras.src.ops.node",
    "Node.__init__",
    why="every operation of a functional model is put into it through it",
    since="3.0",
    unseen="the line that put an operation into a functional model",
)
KERAS_RUN = Internal(
    "keras.src.ops.function",
    "Function._run_through_graph",
    why="a functional model runs its operations through it, one by one",
    since="3.0",
    unseen="which operation of a functional model is running",
)

KERAS_2_NODE = Internal(
    "tf_keras.src.engine.node",
    "Node.__init__",
    why="every call of a layer in a functional model of Keras 2 is put into it through it",
    since="2.16",
    unseen="the line that put an operation into a functional model of Keras 2",
)
KERAS_2_RUN = Internal(
    "tf_keras.src.engine.node",
    "Node.map_arguments",
    why="a functional model of Keras 2 takes the arguments of each call from it, and then calls",
    since="2.16",
    unseen="which operation of a functional model of Keras 2 is running",
)
KERAS_2_CALL = Internal(
    "tf_keras.src.engine.base_layer",
    "Layer.__call__",
    why="every layer of Keras 2 is called through it",
    since="2.16",
    unseen="when an operation of a functional model of Keras 2 runs",
)

INTERNALS = (
    TENSOR_READ,
    NUMPY_FUNCTION,
    PYTHON_FUNCTION,
    GRAPH_CALLBACK,
    CUSTOM_GRADIENT,
    TAPE_RECORD,
    FAST_PATH,
    VECTORIZED_LOOP,
    TRACE,
)


KERAS_INTERNALS = (KERAS_NODE, KERAS_RUN, KERAS_2_NODE, KERAS_2_RUN, KERAS_2_CALL)
"""Those of Keras 3 and Keras 2, which need not be there."""


def missing(internals: Sequence[Internal] | None = None) -> str | None:
    """Return what to tell where this version lacks one of them; None where it has them all.

    Where none are given, those are meant of the packages that are imported.
    """
    if internals is None:
        keras = (each for each in KERAS_INTERNALS if each.module in sys.modules)
        internals = (*INTERNALS, *keras)
    for internal in internals:
        try:
            internal.owner()
        except (ImportError, AttributeError):
            return (
                f"{_version(internal)} has no `{internal.name}`, without which "
                f"{internal.unseen} would go unseen; install a version that layerdoctor is tested "
                "with, and report this"
            )
    return None


def _version(internal: Internal) -> str:
    package = internal.module.partition(".")[0]
    name = {"keras": "Keras", "tf_keras": "tf_keras"}.get(package, "TensorFlow")
    return f"{name} {getattr(sys.modules.get(package), '__version__', tf.__version__)}"


@contextmanager
def replaced(internal: Internal, wrap: Callable[[Any], Any]) -> Iterator[None]:
    """Put ``wrap(original)`` in the place of the attribute, and the original back at the end.

    Replacements of one attribute nest: the inner one is given the outer one as its original.
    """
    owner, name = internal.owner()
    original = getattr(owner, name)
    setattr(owner, name, wrap(original))
    try:
        yield
    finally:
        setattr(owner, name, original)
