"""A process that has TensorFlow imported, and forks the servers of the commands that tests run.

``python -m tests.warm_start.server ADDRESS`` serves ``tests/warm_start/start.py``, and ends with
what started it. A server is forked only where it would have imported the same in a process of its
own: with the same flags of Python, and the same environment but for the names in ``FREE``.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import util
from pathlib import Path
from typing import Any, NoReturn

from layerdoctor.probe.worker.guard import end_with
from tests.warm_start.client import FREE

HIGH = 200
"""Above the numbers that a command gives to its open files."""


def main() -> NoReturn:
    """Import what servers import, then serve one request after the other."""
    end_with(os.getppid())
    own = _read(os.environ)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        print("listening", flush=True)
        from layerdoctor.probe.worker import preload  # noqa: F401

        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            client, _ = listener.accept()
            with client:
                _, descriptors, _, _ = socket.recv_fds(client, 1, 2)
                with client.makefile("rb") as stream:
                    request = json.loads(stream.read())
                if _is_alike(request, own) and os.fork() == 0:
                    listener.close()
                    client.sendall(b"!")
                    _serve(request, descriptors, client)
            for descriptor in descriptors:
                os.close(descriptor)


def _is_alike(request: dict[str, Any], own: dict[str, Any]) -> bool:
    flags = util._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return bool(request["flags"] == flags) and _read(request["environment"]) == own


def _read(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what an import makes of the variables: Keras reads a config where there is one."""
    config = os.path.join(variables.get("KERAS_HOME", "~/.keras"), "keras.json")
    return {
        **{name: value for name, value in variables.items() if not name.startswith(FREE)},
        "PYTHONPATH": set(variables["PYTHONPATH"].split(os.pathsep)) - {""},
        "KERAS_HOME": config if Path(config).expanduser().exists() else "",
    }


def _serve(request: dict[str, Any], descriptors: list[int], client: socket.socket) -> NoReturn:
    """Be the server that was asked for. The client learns of the end when its socket is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    tempfile.tempdir = None
    moved = [fcntl.fcntl(each, fcntl.F_DUPFD, HIGH) for each in (*descriptors, client.fileno())]
    for number, descriptor in zip(request["descriptors"], moved, strict=False):
        os.dup2(descriptor, number)
    try:
        exec(request["program"], {})
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
