"""What surrounds a layer in its process, so that one process can examine several in turn."""

from __future__ import annotations

import contextlib
import gc
import locale
import os
import signal
import sys
import sysconfig
import threading
from types import ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from layerdoctor.user_code import INSTALLED

OWN = "layerdoctor>"
"""How the names begin of what layerdoctor itself makes known to Keras, once in a process."""


class ProcessState:
    """The state of the process as they are now.

    Modules, paths, environment and streams can be put back. Where anything else has changed, the
    process is of no more use. That a library was patched is not seen.
    """

    def __init__(self) -> None:
        self._modules = set(sys.modules)
        self._path = list(sys.path)
        self._folder = os.getcwd()
        self._environment = dict(os.environ)
        self._streams = (sys.stdin, sys.stdout, sys.stderr)
        self._registered = dict(keras.saving.get_custom_objects())
        self._state = _state()

    def restore(self) -> bool:
        """Put back what can be put back, and say whether all is as it was."""
        with contextlib.suppress(Exception):
            self._put_back()
            return _state() == self._state
        return False

    def _put_back(self) -> None:
        os.chdir(self._folder)
        os.environ.clear()
        os.environ.update(self._environment)
        sys.stdin, sys.stdout, sys.stderr = self._streams
        sys.path[:] = self._path
        for name in [name for name in sys.modules if name not in self._modules]:
            if not _is_installed(sys.modules.get(name.partition(".")[0])):
                del sys.modules[name]
        registered = keras.saving.get_custom_objects()
        own = {name: kind for name, kind in registered.items() if name.startswith(OWN)}
        registered.clear()
        registered.update(self._registered | own)
        keras.backend.clear_session()
        gc.collect()


def _is_installed(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return getattr(module, "__name__", None) in sys.builtin_module_names
    standard = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib"))
    return file.startswith(standard) or any(folder in file for folder in INSTALLED)


def _state() -> list[Any]:
    numbers = signal.valid_signals() if hasattr(signal, "valid_signals") else ()
    return [
        *(os.fstat(descriptor)[:3] for descriptor in (0, 1, 2)),
        *(signal.getsignal(number) for number in sorted(numbers)),
        threading.enumerate(),
        locale.setlocale(locale.LC_ALL),
        sys.gettrace(),
        sys.getprofile(),
        sys.getrecursionlimit(),
        gc.isenabled(),
        np.geterr(),
        keras.backend.floatx(),
        str(getattr(getattr(keras, "config", None), "dtype_policy", lambda: None)()),
        tf.config.functions_run_eagerly(),
    ]
