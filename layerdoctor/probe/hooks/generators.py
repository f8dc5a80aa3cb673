"""The global random generators of a process that goes on after an examination."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from tensorflow.python.eager import context


@contextmanager
def generators_kept() -> Iterator[None]:
    """Put back Python's, NumPy's and TensorFlow's global generators when the block ends.

    TensorFlow keeps the global seed, and the generator of the seeds of its operations, in
    ``eager.context.Context``; the kernels that ``tf.random.set_seed`` lets go of are lost.
    """
    eager = vars(context.context())
    before = {name: eager[name] for name in ("_seed", "_rng") if name in eager}
    python, arrays = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)
        eager.update(before)
