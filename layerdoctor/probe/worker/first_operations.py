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
from collections.abc import Iterator
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
"""The files of drivers that a process cannot use once its parent has begun to."""
SIZE = 2


def meet() -> None:
    """Run the operations; none where there is a GPU, which a session would look for."""
    if not tf.__version__.startswith(TRIED) or any(Path("/dev", n).exists() for n in GRAPHICS):
        return
    given = os.environ.get(OWN_THREADS)
    os.environ[OWN_THREADS] = "1"
    config = tf.compat.v1.ConfigProto(use_per_session_threads=True)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    try:
        with suppress(tf.errors.OpError), tf.Graph().as_default() as graph:
            results = list(_operations())
            with tf.compat.v1.Session(graph=graph, config=config) as session:
                session.run(results)
    finally:
        if given is None:
            del os.environ[OWN_THREADS]
        else:
            os.environ[OWN_THREADS] = given


def _operations() -> Iterator[Any]:
    """Yield what the operations return, of the types that they most often have."""
    raw = tf.raw_ops
    x, half = _input("float32"), _input("float16")
    row, indices, whole = x[0], _input("int32")[0], _input("int64")[0, 0]
    for tensor in (x, half):
        yield from (tensor + tensor, tensor * tensor, tensor - tensor, -tensor)
        yield from (tf.reshape(tensor, [-1]), tf.matmul(tensor, tensor))
        yield raw.BiasAdd(value=tensor, bias=tensor[0])
    yield from (raw.RealDiv(x=x, y=x), raw.DivNoNan(x=x, y=x), raw.AddN(inputs=[x, x]))
    yield from (raw.Sum(input=x, axis=0), raw.Mean(input=x, axis=0), raw.L2Loss(t=x))
    yield from (raw.Shape(input=x), raw.Size(input=x), raw.BiasAddGrad(out_backprop=x))
    yield from (raw.Identity(input=x), raw.Identity(input=whole), raw.StopGradient(input=x))
    yield from (raw.Fill(dims=indices, value=row[0]), raw.BroadcastTo(input=x, shape=indices))
    yield from (raw.SelectV2(condition=x > 0.0, t=x, e=x), raw.ExpandDims(input=x, axis=0))
    yield from (raw.Square(x=x), raw.Neg(x=x), raw.Relu(features=x), raw.Squeeze(input=x))
    yield from (raw.Transpose(x=x, perm=[1, 0]), raw.ConcatV2(values=[x, x], axis=0))
    yield from (whole + whole, whole % whole, indices + indices, indices % indices)
    yield from (tf.stack([indices, indices]), raw.Prod(input=indices, axis=0))
    yield raw.BroadcastGradientArgs(s0=indices, s1=indices)


def _input(dtype: str) -> Any:
    """Return a matrix that is no constant, which would be folded."""
    return tf.compat.v1.placeholder_with_default(np.full((SIZE, SIZE), SIZE, dtype), (SIZE, SIZE))
