"""What a worker imports before it knows its target, so that one import serves many targets.

The server that preloads this module must stay without threads that a forked process would miss:
OpenBLAS is kept from starting some, and nothing here runs a TensorFlow operation but those of
``first_operations``, which says what becomes of theirs. What the import prints goes nowhere; where
the import fails, it fails again in the worker, which can say so. ``tf.keras`` is not touched, so
that a module's own ``TF_USE_LEGACY_KERAS`` still works.
"""

import atexit
import contextlib
import gc
import os

from layerdoctor.probe.worker.guard import end_with

gc.disable()  # imports make little garbage, and to look for it takes a fifth of their time
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _silence() -> None:
    sink = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(sink, descriptor)
    os.close(sink)


def _read_registries() -> None:
    """Have TensorFlow go through its kernels and operations, which each process else does anew.

    It does so when a kernel, and an operation that does not exist, is first looked for: in
    ``KernelRegistry`` and in ``OpRegistry::LookUpSlow``.
    """
    from tensorflow.python.framework import kernels, op_def_registry

    kernels.get_registered_kernels_for_op("NoOp")
    op_def_registry.get("an operation that does not exist")


if "LAYERDOCTOR_SERVER" in os.environ:
    _silence()
    end_with(int(os.environ["LAYERDOCTOR_SERVER"]))

with contextlib.suppress(ImportError):
    import tensorflow  # noqa: F401

    _read_registries()
    from layerdoctor.probe.worker.first_operations import meet

    meet()
with contextlib.suppress(ImportError):
    import keras  # noqa: F401
with contextlib.suppress(ImportError):
    import numpy.random  # noqa: F401

    import layerdoctor.probe.contract.reload.second_process
    import layerdoctor.probe.examination.before_and_after
    import layerdoctor.probe.examination.examination
    import layerdoctor.probe.worker.import_environment
    import layerdoctor.probe.worker.process_state
    import layerdoctor.probe.worker.serve  # noqa: F401

gc.freeze()
gc.enable()
if "LAYERDOCTOR_SERVER" in os.environ:
    atexit.register(os._exit, 0)  # to take TensorFlow apart in good order takes seconds
