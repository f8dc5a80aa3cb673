"""Operations that nearly every layer and its training run, met once ahead of all workers.

What TensorFlow does when a process first meets one, each worker would do anew: oneDNN goes through
all kernels for every operation and type that a thread has not met (``mkl_op_registry::IsMklOp``),
which takes some milliseconds each, and writes the machine code of its products of matrices.

They run in a session of TensorFlow 1, without eager state. It has threads of its own, which end
with it: TensorFlow's own would be missing in every forked process. One is left, which waits, and
which a forked process lacks: that of ``GraphRunnerThreadPool``, where constants are folded. Next to
no kernel asks for it, since a single thread is no help; who waits for it waits for ever
(``Worker.lost``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

OWN_THREADS = "TF_OVERRIDE_GLOBAL_THREADPOOL"
"""The variable that gives each device threads of its own; ``LocalDevice`` reads it once."""
TRIED = ("2.21.",)
"""The versions after whose session a forked process is known to run; after 2.15 it waits."""
GRAPHICS = ("nvidiactl", "kfd", "dxg")
"""The devices that tell that there is a GPU, without the driver being asked."""
SIZE = 2


def meet() -> None:
    """Run the operations, or leave them to the workers: where they fail, and where there is a GPU.

    A session looks for GPUs, and what it begins with their driver no forked process can go on with.
    """
    if not tf.__version__.startswith(TRIED) or any(Path("/dev", n).exists() for n in GRAPHICS):
        return
    before = os.environ.get(OWN_THREADS)
    os.environ[OWN_THREADS] = "1"
    config = tf.compat.v1.ConfigProto(use_per_session_threads=True)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    try:
        with suppress(Exception):
            run(config)
    finally:
        if before is None:
            del os.environ[OWN_THREADS]
        else:
            os.environ[OWN_THREADS] = before


def run(config: Any = None) -> None:
    """Run the operations in a session; raises what they raise."""
    with tf.Graph().as_default() as graph:
        given = _inputs()
        results = list(_operations(given))
        with tf.compat.v1.Session(graph=graph, config=config) as session:
            session.run(results, given)


def _inputs() -> dict[Any, Any]:
    """Return inputs with their values; what is computed of constants would be folded."""
    types = ("float32", "float16", "int32", "int64", "bool", "uint64")
    values = [np.full((SIZE, SIZE), SIZE, dtype) for dtype in types]
    return {tf.compat.v1.placeholder(each.dtype, each.shape): each for each in values}


def _operations(inputs: Iterable[Any]) -> Iterator[Any]:
    """Yield what the operations return, of the types that they most often have."""
    raw = tf.raw_ops
    x, half, whole, long, truth, bits = inputs
    indices = whole[0]
    for tensor in (x, half):
        yield from (tensor + tensor, tensor * tensor, tensor - tensor, -tensor)
        yield from (tf.reshape(tensor, [-1]), tf.matmul(tensor, tensor))
        yield raw.BiasAdd(value=tensor, bias=tensor[0])
    for tensor in (x, whole, long, truth, bits):
        yield from (raw.Identity(input=tensor), _eager_constant(tensor))
    yield from (raw.RealDiv(x=x, y=x), raw.DivNoNan(x=x, y=x), raw.AddN(inputs=[x, x]))
    yield from (raw.Sum(input=x, axis=0), raw.Mean(input=x, axis=0), raw.L2Loss(t=x))
    yield from (raw.Shape(input=x), raw.Size(input=x), raw.BiasAddGrad(out_backprop=x))
    yield from (raw.StopGradient(input=x), raw.BroadcastTo(input=x, shape=indices))
    yield from (raw.Fill(dims=indices, value=x[0, 0]), raw.ExpandDims(input=x, axis=0))
    yield from (raw.SelectV2(condition=truth, t=x, e=x), raw.Squeeze(input=x))
    yield from (raw.Square(x=x), raw.Relu(features=x), raw.ReluGrad(gradients=x, features=x))
    yield from (raw.Transpose(x=x, perm=[1, 0]), raw.ConcatV2(values=[x, x], axis=0))
    yield from (long + long, long % long, whole + whole, whole % whole)
    yield from (tf.stack([indices, indices]), raw.Prod(input=indices, axis=0))
    yield raw.BroadcastGradientArgs(s0=indices, s1=indices)
    yield raw.OptionalHasValue(optional=raw.Identity(input=raw.OptionalNone()))


def _eager_constant(tensor: Any) -> Any:
    """Return what an array becomes outside of a graph, an operation without a function to it."""
    dtype = tf.compat.v1.AttrValue(type=tensor.dtype.as_datatype_enum)
    graph = tf.compat.v1.get_default_graph()
    made = graph.create_op("_EagerConst", [tensor], [tensor.dtype], attrs={"T": dtype}, name="made")
    return made.outputs[0]
