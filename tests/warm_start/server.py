"""A process that has TensorFlow imported, and forks what tests run: servers of commands, scripts.

``python -m tests.warm_start.server ADDRESS`` serves ``tests/warm_start/start.py``, and ends with
what started it. One is forked only where it would have imported the same in a process of its own:
with the same flags of Python, and the same environment but for the names in ``FREE``.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import util
from pathlib import Path
from typing import Any, NoReturn

from layerdoctor.probe.worker.guard import end_with
from tests.warm_start.client import FREE, OF_SHELLS

HIGH = 200
"""Above the numbers that a command gives to its open files."""
UNSAID = {
    "backend": "tensorflow",
    "epsilon": 1e-07,
    "floatx": "float32",
    "image_data_format": "channels_last",
}
"""What Keras writes into its config where there is none."""


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


def _is_free(name: str) -> bool:
    """Whether no import depends on the variable of this name."""
    return name.startswith(FREE) or name in OF_SHELLS


def _read(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what an import makes of the variables: Keras reads a config where there is one."""
    config = Path(variables.get("KERAS_HOME", "~/.keras"), "keras.json").expanduser()
    return {
        **{name: value for name, value in variables.items() if not _is_free(name)},
        "PYTHONPATH": set(variables["PYTHONPATH"].split(os.pathsep)) - {""},
        "KERAS_HOME": {**UNSAID, **(json.loads(config.read_bytes()) if config.exists() else {})},
    }


def _serve(request: dict[str, Any], descriptors: list[int], client: socket.socket) -> NoReturn:
    """Be what was asked for, and tell the client with which code it ends."""
    end_with(os.getppid())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    tempfile.tempdir = None
    moved = [fcntl.fcntl(each, fcntl.F_DUPFD, HIGH) for each in (*descriptors, client.fileno())]
    for number, descriptor in zip(request["descriptors"], moved, strict=False):
        os.dup2(descriptor, number)
    code: object = 1
    try:
        exec(request["program"], {})
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        with suppress(OSError):
            os.write(moved[-1], bytes([code if isinstance(code, int) else 1]))
        os._exit(0)


if __name__ == "__main__":
    main()
