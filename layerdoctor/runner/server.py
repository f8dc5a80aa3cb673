"""The server that workers are forked from, with TensorFlow imported ahead.

That import takes longer than all else, so that the server is to be started first: this module
imports little. It is the standard library's ``forkserver``, where the system has one.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from layerdoctor.runner.keras_home import BACKEND, check_backend, private_home
from layerdoctor.runner.temporary_folder import temporary_folder
from layerdoctor.target import FILES
from layerdoctor.version import FOLDER

if TYPE_CHECKING:
    from layerdoctor.protocol import Variables

PRELOAD = ["layerdoctor.probe.worker.preload", "layerdoctor.runner.pool"]
KERAS_2 = "tf_keras"
SAFE_PATH, WHILE_STARTING = "PYTHONSAFEPATH", "while starting"
"""What keeps Python, while it starts a process, from the modules of the working directory."""


class Server:
    """Starts processes that find this package, their backend and their own folders."""

    def __init__(self) -> None:
        self._folder = temporary_folder()
        self._home = private_home(self._folder)
        methods = multiprocessing.get_all_start_methods()
        wanted = os.environ.get("LAYERDOCTOR_START")
        self.forks = "forkserver" in methods and sys.platform != "darwin" and wanted != "spawn"
        """Whether processes can be forked; otherwise each begins anew."""

    @property
    def context(self) -> Any:
        """What ``multiprocessing`` starts processes by."""
        return multiprocessing.get_context("forkserver" if self.forks else "spawn")

    def start(self, *, with_keras_2: bool = False) -> None:
        """Start the server, if it does not run, and return without waiting for it.

        Keras 2 is imported ahead only if asked for: else a worker does so that needs it. Raises
        ``BadInput`` where another backend of Keras is exported.
        """
        check_backend()
        if not self.forks:
            return
        forkserver.set_forkserver_preload([*PRELOAD, *([KERAS_2] if with_keras_2 else [])])
        with self.environment():
            try:
                forkserver.ensure_running()
            except OSError:  # its socket lies in the temporary folder, whose name may be too long
                self.forks = False

    @contextlib.contextmanager
    def environment(self, needed: Variables | None = None) -> Iterator[None]:
        """Let what is started inside find what it needs, and not run the main program again.

        What a target ``needed`` before TensorFlow is imported is set too.
        """
        root = str(FOLDER.parent)
        changed: Variables = {
            **(needed or {}),
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            "LAYERDOCTOR_SERVER": str(os.getpid()),
            "KERAS_BACKEND": BACKEND,
            "TMPDIR": str(self._folder),
        }
        if self._home is not None:
            changed["KERAS_HOME"] = str(self._home)
        if SAFE_PATH not in os.environ:  # an author may call a module `random` or `selectors`
            changed[SAFE_PATH] = WHILE_STARTING
        before = {name: os.environ.get(name) for name in changed}
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        _set(changed)
        try:
            yield
        finally:
            _set(before)
            sys.modules["__main__"] = main


def names_keras_2(spec: str, folders: Iterable[str]) -> bool:
    """Say whether the source of a target names Keras 2, so that it is worth importing ahead."""
    place = spec if spec.endswith(FILES) else spec.rpartition(":")[0]
    names = (
        [place]
        if place.endswith(FILES)
        else [
            f"{folder}/{place.replace('.', '/')}{end}"
            for folder in folders
            for end in (".py", "/__init__.py")
        ]
    )
    for name in names:
        with contextlib.suppress(OSError):
            return KERAS_2 in Path(name).read_text(encoding="utf-8", errors="replace")
    return place.partition(".")[0] == KERAS_2


def _set(variables: Variables) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
