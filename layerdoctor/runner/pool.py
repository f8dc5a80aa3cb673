"""Processes: one for each target, forked from a warm server, with a time limit and a way to die.

The server is the standard library's ``forkserver`` with TensorFlow imported ahead, where the system
has one. The main process imports nothing of the probe: a worker enters it by name.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import msgspec

from layerdoctor.facts import Check, CheckName, ErrorKind, Failure, LayerFacts, Stage, TargetError
from layerdoctor.runner.keras_home import BACKEND, check_backend, private_home
from layerdoctor.runner.post_mortem import (
    death_of,
    ended_in,
    frames_of,
    late_again,
    not_begun,
    timeout_of,
)
from layerdoctor.runner.process import LOST, WorkerProcess
from layerdoctor.runner.temporary_folder import temporary_folder
from layerdoctor.target import Target
from layerdoctor.user_code import Author
from layerdoctor.version import FOLDER

PRELOAD = ["layerdoctor.probe.worker.preload", "layerdoctor.runner.pool"]
GRACE = 0.5
"""Seconds that a worker gets past its time limit to say which line is running."""

LATE = 3
"""How many checks of one target may find no end: each takes its whole time limit."""

NOT_FACTS = (
    "started",
    "finished",
    "stage",
    "check",
    "package",
    "process",
    "reusable",
    "ahead",
    "left",
)
"""What workers tell of themselves."""

TRIES, PAUSE = 100, 0.05
"""How often a process is started before that is given up, and the seconds in between."""

Ahead = dict[str, str | None]
"""Variables of the environment and their values; None for one that is not set."""

Forward = Callable[[str, str], None]
"""Takes a target's id and what its code printed."""


class Pool:
    """Examines targets, each in a process of its own."""

    def __init__(self, jobs: int, *, forward: Forward) -> None:
        self._jobs = max(1, jobs)
        self._forward = forward
        self._running: dict[str, Worker] = {}
        self._idle: list[Worker] = []
        self._ending: Worker | None = None
        self._spare: WorkerProcess | None = None
        self._again: set[str] = set()
        self._scratch = temporary_folder()
        self._home = private_home(self._scratch)
        methods = multiprocessing.get_all_start_methods()
        wanted = os.environ.get("LAYERDOCTOR_START")
        forking = "forkserver" in methods and sys.platform != "darwin" and wanted != "spawn"
        self._context: Any = multiprocessing.get_context("forkserver" if forking else "spawn")
        self._forking = forking

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        workers = (*self._running.values(), *self._idle, self._ending)
        for process in (*(worker.process for worker in workers if worker), self._spare):
            if process is not None:
                process.kill()
        self._running.clear()
        self._idle.clear()

    def start(self, targets: Sequence[Target] = ()) -> None:
        """Start the warm server and return without waiting for it.

        ``targets`` tell whether Keras 2 is worth importing ahead. Raises ``BadInput`` where another
        backend of Keras is exported.
        """
        check_backend()
        if not self._forking:
            return
        names_keras_2 = any(_names_keras_2(target) for target in targets)
        forkserver.set_forkserver_preload([*PRELOAD, *(["tf_keras"] if names_keras_2 else [])])
        with self._environment(), _without_main():
            forkserver.ensure_running()

    def examine(self, targets: Sequence[Target]) -> Iterator[LayerFacts]:
        """Yield the facts of every target, as they become known."""
        waiting: list[tuple[Target, Worker | None]] = []
        waiting += ((target, None) for target in reversed(targets))
        while waiting or self._running:
            self._fill(waiting)
            for name in self._wait():
                ended = self._running.pop(name)
                self._ending = ended
                if self._forking:
                    self._fill(waiting)  # one starts while the other goes
                ended.end()
                self._ending = None
                if ended.left_checks or ended.too_late:
                    waiting.append((ended.target, ended))
                elif ended.lost and name not in self._again:
                    self._again.add(name)
                    waiting.append((ended.target, None))
                else:
                    if ended.reusable:
                        self._idle.append(ended)
                    yield ended.facts()

    def _fill(self, waiting: list[tuple[Target, Worker | None]]) -> None:
        """Start workers, as many as there may be."""
        while waiting and len(self._running) < self._jobs:
            target, before = waiting.pop()
            self._running[target.id] = self._begin(target, before)
        if waiting and self._forking and self._spare is None:
            self._make_spare(waiting[-1][0])

    def look_around(self) -> dict[str, str]:
        """Return what a worker sees around it: whether TensorFlow runs, and on which devices."""
        receiver, sender = self._context.Pipe(duplex=False)
        with self._environment(), _without_main():
            process = self._context.Process(target=_look_around, args=(sender,))
            process.start()
        sender.close()
        try:
            return msgspec.json.decode(receiver.recv_bytes(), type=dict[str, str])
        except EOFError:
            return {"worker": "ended before it could answer; `import tensorflow` kills the process"}
        finally:
            receiver.close()
            process.join()

    def _begin(self, target: Target, before: Worker | None = None) -> Worker:
        ahead = before.ahead if before else {}
        with self._environment(ahead), _without_main():
            for _ in range(TRIES):
                with contextlib.suppress(OSError, EOFError):
                    return Worker(self._host(target, ahead), target, self._forward, before)
                time.sleep(PAUSE)  # a server that was ended is started again once it is gone
            return Worker(self._host(target, ahead), target, self._forward, before)

    def _host(self, target: Target, ahead: Ahead) -> WorkerProcess:
        """Return a process for the target: one that is ready for its kind, or another."""
        if ahead:
            spawn = multiprocessing.get_context("spawn")
            return WorkerProcess(spawn, target.device, cold=True)
        spare, self._spare = self._spare, None
        if spare is not None:
            if spare.alive and spare.device == target.device:
                return spare
            spare.kill()
        for idle in self._idle:
            if idle.serves(target):
                self._idle.remove(idle)
                return idle.process
        return WorkerProcess(self._context, target.device, lasting=not self._forking)

    def _make_spare(self, target: Target) -> None:
        """Have a process ready for the target by the time it has its turn."""
        with self._environment(), _without_main(), contextlib.suppress(OSError, EOFError):
            self._spare = WorkerProcess(self._context, target.device)

    @contextlib.contextmanager
    def _environment(self, ahead: Ahead | None = None) -> Iterator[None]:
        """Let the server and the workers find this package, their backend and their own folders.

        What a target wants set ``ahead`` is set too.
        """
        root = str(FOLDER.parent)
        changed: Ahead = {
            **(ahead or {}),
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            "LAYERDOCTOR_SERVER": str(os.getpid()),
            "KERAS_BACKEND": BACKEND,
            "TMPDIR": str(self._scratch),
        }
        if self._home is not None:
            changed["KERAS_HOME"] = str(self._home)
        before = {name: os.environ.get(name) for name in changed}
        _set(changed)
        try:
            yield
        finally:
            _set(before)

    def _wait(self) -> list[str]:
        """Wait until something happens, and return which targets have ended."""
        sources = [item for worker in self._running.values() for item in worker.sources()]
        limits = (worker.remaining() for worker in self._running.values())
        connection.wait(
            sources, min((limit for limit in limits if limit is not None), default=None)
        )
        return [name for name, worker in self._running.items() if worker.step()]


class Worker:
    """One target in its process, and what has been told of it so far.

    Where a check of the contract ended the process ``before``, this one makes the checks behind it.
    Of the checks that find no end the first is a failure, and the last of ``LATE`` ends it all.
    """

    def __init__(
        self, process: WorkerProcess, target: Target, forward: Forward, before: Worker | None = None
    ) -> None:
        self.process = process
        self.target = target
        self._before = before.observed() if before and not before.too_late else {}
        self._late_in: list[CheckName] = [*before.late_in] if before else []
        self._ahead = before.ahead if before else {}
        self._fields: dict[str, Any] = {}
        self._deadline: float | None = None
        self._overdue = False
        self._at_limit: dict[str, Any] = {}
        self._finished = False
        self._failed = False
        self._late_again = False
        self._failure: Failure | None = None
        process.output.begin(lambda text: forward(target.id, text))
        process.trace.begin()
        process.ask(target, self._checks())

    def sources(self) -> list[Any]:
        """Return what to wait for."""
        return self.process.sources()

    def remaining(self) -> float | None:
        """Return the seconds until the time limit; None while the target has not begun."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def step(self) -> bool:
        """Take in what has arrived and return whether the worker is to be ended."""
        self.process.output.read()
        self.process.trace.read()
        self._receive()
        if self._finished or not self.process.alive or self.process.messages.closed:
            return True
        if self.remaining() != 0:
            return False
        if self._overdue:
            self._fields = self._at_limit
            self._fail(timeout_of(self.target, self._where(), self._stage()))
            return True
        self._overdue = True
        self._at_limit = dict(self._fields)
        self._deadline = time.monotonic() + GRACE
        self.process.ask_for_stack()
        return False

    def end(self) -> None:
        """Take in the last words, and make a failure of an end that was not announced."""
        process = self.process
        if self.reusable:
            process.output.finish()
            return
        if self._finished or self._failed or process.messages.closed:
            process.kill()
        process.sweep()
        self._receive()
        process.trace.read()
        if not self._finished and not self._failed:
            self._die()
        process.output.finish(noise=self._failed)
        process.close()

    @property
    def left_checks(self) -> bool:
        """Whether a check of the contract ended the process, which may have left others."""
        failed = self._failure is not None and self._failure.check is not None
        return failed or (self._late_again and len(self._late_in) < LATE)

    @property
    def too_late(self) -> bool:
        """Whether the target's module has set what must be set before TensorFlow is imported."""
        return self._finished and "ahead" in self._fields

    @property
    def ahead(self) -> Ahead:
        """What must be set before TensorFlow is imported, as far as it is known."""
        return {**self._ahead, **self._fields.get("ahead", {})}

    @property
    def late_in(self) -> Sequence[CheckName]:
        """The checks of the contract that found no end."""
        return self._late_in

    @property
    def lost(self) -> bool:
        """Whether the process went down too early, or with the server: no fault of the layer's."""
        early = not self._fields.get("started")
        return not self._finished and (early or self.process.exit_code == LOST)

    @property
    def reusable(self) -> bool:
        """Whether the process can examine another target."""
        return self._finished and self._fields.get("reusable") is True

    def serves(self, target: Target) -> bool:
        """Whether the process has been made ready for a target like this one."""
        mine = (self.target.device, self.target.memory_limit)
        return self.process.alive and mine == (target.device, target.memory_limit)

    def facts(self) -> LayerFacts:
        """Return everything that was observed."""
        name, spec = self.target.id, self.target.target
        try:
            return msgspec.convert({**self.observed(), "id": name, "target": spec}, LayerFacts)
        except msgspec.ValidationError as error:
            words = f"the worker told what are no facts: {error}"
            fault = TargetError(kind="internal", message=words)
            return LayerFacts(id=name, target=spec, status="error", error=fault)

    def observed(self) -> dict[str, Any]:
        """Return the fields of the facts, as JSON values."""
        told = (name for name in self._fields if name not in NOT_FACTS)
        fields = {name: self._fields[name] for name in told}
        if self._before:
            fields = {**self._before, "checks": self._checks()}
        if self._failure is not None:
            failure = msgspec.to_builtins(self._failure)
            fields["failures"] = [*fields.get("failures", ()), failure]
            if self._failure.check is not None:
                check = msgspec.to_builtins(ended_in(self._failure.check, self._failure))
                fields["checks"] = [*self._checks(), check]
        return fields

    def _checks(self) -> list[Any]:
        """Return the checks of the contract that were made so far, as JSON values."""
        return list(self._fields.get("checks", self._before.get("checks", ())))

    def _receive(self) -> None:
        for message in self.process.messages.read():
            self._fields |= message
        self.process.led_by(self._fields.get("process"))
        self._finished = bool(self._fields.get("finished"))
        if self._deadline is None and self._fields.get("started"):
            self._deadline = time.monotonic() + self.target.timeout

    def _die(self) -> None:
        if not self._fields.get("started"):
            self._failed = True
            words = self.process.output.text().strip().splitlines()
            message = "the worker ended before it could examine anything"
            self._refuse("internal", ": ".join([message, *words[-1:]]))
            return
        self._fail(death_of(self.process.exit_code, self._where(), self._stage()))

    def _fail(self, failure: Failure) -> None:
        """Note how it ended: in the author's module, in a check of the contract, or in a stage."""
        self._failed = True
        if "package" not in self._fields:
            module = self.target.target.rpartition(":")[0]
            self._refuse("import", f"importing `{module}`: {failure.message}")
            return
        running = self._fields.get("check") if failure.stage is Stage.CONTRACT else None
        if running is not None and failure.kind == "timeout":
            self._late_in.append(running)
            if len(self._late_in) > 1:
                self._late_again = True
                self._fields["checks"] = [*self._checks(), *map(msgspec.to_builtins, self._late())]
                return
        self._failure = replace(failure, check=running)

    def _late(self) -> Iterator[Check]:
        """Yield the check that found no end, and those that are left out after the last such."""
        yield late_again(self._late_in[-1], self._late_in[0])
        if len(self._late_in) == LATE:
            for name in self._fields.get("left", ()):
                yield not_begun(name, LATE)

    def _refuse(self, kind: ErrorKind, message: str) -> None:
        error = TargetError(kind=kind, message=message)
        self._fields |= {"status": "error", "error": msgspec.to_builtins(error)}

    def _stage(self) -> Stage:
        return Stage(self._fields.get("stage", Stage.CONSTRUCT.value))

    def _where(self) -> Any:
        author = Author(self.target.app_dirs, self._fields.get("package"))
        return author.location(frames_of(self.process.trace.text()))


def _look_around(channel: Connection) -> None:
    importlib.import_module("layerdoctor.probe.worker.serve").look_around(channel)


def _names_keras_2(target: Target) -> bool:
    place = target.target.rpartition(":")[0]
    names = (
        [place]
        if place.endswith(".py")
        else [
            f"{folder}/{place.replace('.', '/')}{end}"
            for folder in target.app_dirs
            for end in (".py", "/__init__.py")
        ]
    )
    for name in names:
        with contextlib.suppress(OSError):
            return "tf_keras" in Path(name).read_text(encoding="utf-8", errors="replace")
    return place.partition(".")[0] == "tf_keras"


def _set(variables: Ahead) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep multiprocessing from running the main program again in every process it starts."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
