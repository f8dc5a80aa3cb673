"""A process that examines targets, and the pipes through which it is asked and answers."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from layerdoctor.protocol import ASK, GUARD, Request
from layerdoctor.runner.captured_output import CapturedOutput
from layerdoctor.runner.messages import Messages
from layerdoctor.runner.server import SAFE_PATH, WHILE_STARTING

PATIENCE = 5.0
"""Seconds that the guard of a process gets to end all that the process has started."""

KILLED = -9
"""The exit code of a process that was killed, as `kill -9` and a lack of memory do it."""

LOST = 255
"""The exit code of a process whose end nobody saw, since the server itself was ended."""


class WorkerProcess:
    """A process, which examines one target, or several one after the other if it is ``lasting``.

    It is made ready for a ``device``, and waits to be asked. A ``cold`` one has in its environment
    what the target's module sets when it is imported.
    Raises ``OSError`` or ``EOFError`` where it cannot be started or asked, as when the server that
    starts processes has been ended.
    """

    def __init__(
        self, context: Any, device: str, *, lasting: bool = False, cold: bool = False
    ) -> None:
        self.device = device
        self.forked = context.get_start_method() == "forkserver"
        """Whether it has the memory of its server, but none of its threads."""
        self.messages = Messages(context)
        self.output = CapturedOutput(context)
        """What the examined code prints."""
        self.trace = CapturedOutput(context)
        """The stack, when the process is about to die or is asked for it."""
        self._group: int | None = None
        receiver, self._requests = context.Pipe(duplex=False)
        senders = (self.messages.sender, self.output.sender, self.trace.sender)
        self._process = context.Process(
            target=_enter,
            args=(receiver, *senders),
            kwargs={"device": device, "lasting": lasting, "cold": cold},
            daemon=True,
        )
        self._process.start()
        for end in (receiver, *senders):
            end.close()

    def ask(self, request: Request) -> None:
        """Have a target examined."""
        self._requests.send_bytes(msgspec.msgpack.encode(request))

    def sources(self) -> list[Any]:
        """Return what to wait for."""
        pipes = (self.messages, self.output, self.trace)
        return [self._process.sentinel, *(end for pipe in pipes for end in pipe.sources())]

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return bool(self._process.is_alive())

    @property
    def exit_code(self) -> int | None:
        """How the process ended; negative for a signal."""
        code: int | None = self._process.exitcode
        return code

    def led_by(self, group: int) -> None:
        """Take note of the process group that the examined code runs in."""
        if group > 1:
            self._group = group

    def ask_for_stack(self) -> None:
        """Have the process write its stack to ``trace``, where the system has a signal for that."""
        if ASK is not None and self._process.pid is not None:
            os.kill(self._process.pid, ASK)

    def ask_to_end(self) -> None:
        """Ask the process to end with everything it has started, without waiting for it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            self._process.terminate()

    def kill(self) -> None:
        """End the process and everything it has started."""
        for end in (self._process.terminate, self._process.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                end()
            self._process.join(PATIENCE)
        self.sweep()

    def sweep(self) -> None:
        """Wait for the end, and end what a guard that was ended itself could not."""
        self._process.join()
        if self._group is not None and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
        if sys.platform == "linux" and self.exit_code in (LOST, KILLED):
            mark = f"{GUARD}={self._process.pid}".encode()
            pipes = {pipe.number for pipe in (self.messages, self.output, self.trace)}
            for process in _left(mark, pipes):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)

    def close(self) -> None:
        """Close the pipes of a process that has ended."""
        for pipe in (self.messages, self.output, self.trace, self._requests):
            pipe.close()


def _left(mark: bytes, pipes: set[int]) -> list[int]:
    """Return the processes that a guard would have ended, where the system tells of them.

    They have the mark in their environment, or, where they were forked and run no other program,
    one of the pipes.
    """
    names = {f"pipe:[{number}]" for number in pipes}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            marked = mark in (folder / "environ").read_bytes().split(b"\0")
            if marked or any(os.readlink(each) in names for each in (folder / "fd").iterdir()):
                found.append(int(folder.name))
    return [process for process in found if process != os.getpid()]


def _enter(
    requests: Connection,
    channel: Connection,
    output: Connection,
    trace: Connection,
    **ways: Any,
) -> None:
    """Be such a process: from here on it is the probe's."""
    if os.environ.get(SAFE_PATH) == WHILE_STARTING:
        del os.environ[SAFE_PATH]
    probe = importlib.import_module("layerdoctor.probe.worker.serve")
    probe.serve(requests, channel, output, trace, **ways)
