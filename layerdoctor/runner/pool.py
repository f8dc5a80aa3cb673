"""Processes: one for each target, forked from a warm server, with a time limit and a way to die.

The main process imports nothing of the probe: a worker enters it by name.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

import msgspec

from layerdoctor.facts import LayerFacts
from layerdoctor.protocol import Comparison, Saved, Variables
from layerdoctor.runner.process import WorkerProcess
from layerdoctor.runner.server import Server, names_keras_2
from layerdoctor.runner.worker import Forward, Handover, Worker
from layerdoctor.target import Target

TRIES, PAUSE = 100, 0.05
"""How often a process is started before that is given up, and the seconds in between."""
LARGEST = 64 * 2**20
"""The bytes of archives up to which they are loaded while the layer is still in memory."""


class Pool:
    """Examines targets, each in a process of its own."""

    def __init__(
        self, jobs: int, *, forward: Forward, lasting: bool = False, server: Server | None = None
    ) -> None:
        """A ``lasting`` process examines targets in turn, as where none can be forked.

        The ``server`` may have been started ahead.
        """
        self._jobs = max(1, jobs)
        self._forward = forward
        self._running: dict[str, Worker] = {}
        self._ahead: dict[str, Worker] = {}
        self._idle: list[Worker] = []
        self._resting: dict[str, list[Worker]] = {}
        self._ending: Worker | None = None
        self._spare: WorkerProcess | None = None
        self._again: set[str] = set()
        self._server = server or Server()
        self._lasting = lasting or not self._server.forks

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_running()
        rested = [each for workers in self._resting.values() for each in workers]
        left = [each.process for each in (*self._idle, *rested, self._ending) if each is not None]
        if self._spare is not None:
            left.append(self._spare)
        for process in left:
            process.ask_to_end()  # all of them, before the first is waited for
        for process in left:
            process.kill()
        self._idle.clear()
        self._resting.clear()
        self._ending = self._spare = None

    def start(self, targets: Sequence[Target] = ()) -> None:
        """Start the server, if it does not run, and return without waiting for it.

        ``targets`` tell whether Keras 2 is worth importing ahead. Raises ``BadInput`` where another
        backend of Keras is exported.
        """
        self._server.start(
            with_keras_2=any(names_keras_2(each.target, each.app_dirs) for each in targets)
        )

    def examine(
        self,
        targets: Sequence[Target],
        comparisons: Mapping[str, Comparison] | None = None,
        seen: Callable[[LayerFacts], None] | None = None,
    ) -> Iterator[LayerFacts]:
        """Yield the facts of every target, as they become known.

        Those of whose id there is a comparison are compared and not examined. ``seen`` is told what
        was observed of a target before the checks of its contract, which take longest.
        """
        known = comparisons or {}
        waiting = [(each, Handover(comparison=known.get(each.id))) for each in reversed(targets)]
        try:
            while waiting or self._running:
                self._fill(waiting)
                for name in self._wait(seen):
                    if (facts := self._taken(name, waiting)) is not None:
                        yield facts
        finally:  # who asked may have seen enough
            self._end_running()

    def _taken(self, name: str, waiting: list[tuple[Target, Handover]]) -> LayerFacts | None:
        """Return the facts of a worker that has ended; None where another has to go on."""
        ended = self._running[name]
        ended.end()
        del self._running[name]
        following = ended.following
        if ended.lost and name not in self._again:  # whatever it was at has not failed
            self._again.add(name)
            following = ended.again
        rested = [*self._resting.pop(name, ()), *([ended] if ended.reusable else ())]
        if following is not None:
            self._resting[name] = rested  # what it has saved is loaded by another process
            self._go_on(ended.target, following, waiting)
        else:
            self._idle += rested
        if (unwanted := self._ahead.pop(name, None)) is not None:
            unwanted.leave()  # the first was lost, or a check ended it; what follows saves anew
        if not ended.reusable:
            self._fill(waiting)  # one starts while the other goes
            self._let_go(ended)
        if following is not None:
            return None
        if ended.saved is not None:
            shutil.rmtree(ended.saved, ignore_errors=True)
        return ended.facts()

    def _go_on(
        self, target: Target, following: Handover, waiting: list[tuple[Target, Handover]]
    ) -> None:
        """Have another process go on, which may have begun already."""
        if following.saved is not None and target.id in self._ahead:
            self._running[target.id] = self._ahead.pop(target.id)
            self._running[target.id].take_over(following)
        else:
            waiting.append((target, following))

    def _let_go(self, ended: Worker) -> None:
        """Have a process end while others run, or its facts are judged; one at a time."""
        if self._ending is not None:
            self._ending.leave()
        self._ending = ended

    def _end_running(self) -> None:
        for worker in (*self._running.values(), *self._ahead.values()):
            worker.process.kill()
        self._running.clear()
        self._ahead.clear()

    def _fill(self, waiting: list[tuple[Target, Handover]]) -> None:
        """Start workers, as many as there may be."""
        while waiting and len(self._running) < self._jobs:
            target, taken = waiting.pop()
            self._running[target.id] = self._begin(target, taken)
        if not waiting and not self._lasting:
            self._begin_ahead()
        if not self._lasting and self._spare is None:
            led = (
                worker.target
                for name, worker in self._running.items()
                if worker.may_be_followed and name not in self._ahead
            )
            soon = waiting[-1][0] if waiting else next(led, None)
            if soon is not None:
                self._make_spare(soon)

    def _begin_ahead(self) -> None:
        """Have what a target has saved loaded while it is still examined, where a core is idle.

        Nobody listens to that process until the first has ended.
        """
        for name, worker in self._running.items():
            if len(self._running) + len(self._ahead) >= self._jobs or name in self._ahead:
                continue
            taken = worker.ahead
            if taken is not None and not taken.environment and _is_small(taken.saved):
                self._ahead[name] = self._begin(worker.target, taken)

    def describe_environment(self) -> dict[str, str]:
        """Return what a worker sees around it: whether TensorFlow runs, and on which devices."""
        receiver, sender = self._server.context.Pipe(duplex=False)
        with self._server.environment():
            process = self._server.context.Process(target=_describe_environment, args=(sender,))
            process.start()
        sender.close()
        try:
            return msgspec.json.decode(receiver.recv_bytes(), type=dict[str, str])
        except EOFError:
            return {"worker": "ended before it could answer; `import tensorflow` kills the process"}
        finally:
            receiver.close()
            process.join()

    def _begin(self, target: Target, taken: Handover) -> Worker:
        needed = taken.environment
        with self._server.environment(needed):
            for _ in range(TRIES):
                with contextlib.suppress(OSError, EOFError):
                    return Worker(self._host(target, needed), target, self._forward, taken)
                time.sleep(PAUSE)  # a server that was ended is started again once it is gone
            return Worker(self._host(target, needed), target, self._forward, taken)

    def _host(self, target: Target, needed: Variables) -> WorkerProcess:
        """Return a process for the target: one that is ready for its kind, or another."""
        if needed:
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
        return WorkerProcess(self._server.context, target.device, lasting=self._lasting)

    def make_ready(self, target: Target) -> None:
        """Have a process ready for a target that is going to be examined again.

        Until then it waits, and has imported nothing of the author's.
        """
        if self._ending is not None:
            self._ending.leave()
            self._ending = None
        if not self._lasting and self._spare is None:
            self._make_spare(target)

    def _make_spare(self, target: Target) -> None:
        """Have a process ready for the target by the time it has its turn."""
        with self._server.environment(), contextlib.suppress(OSError, EOFError):
            self._spare = WorkerProcess(self._server.context, target.device)

    def _wait(self, seen: Callable[[LayerFacts], None] | None) -> list[str]:
        """Wait until something happens, and return which targets have ended."""
        sources = [item for worker in self._running.values() for item in worker.sources()]
        limits = (worker.remaining() for worker in self._running.values())
        connection.wait(
            sources, min((limit for limit in limits if limit is not None), default=None)
        )
        ended = [name for name, worker in self._running.items() if worker.step()]
        for worker in self._running.values():
            if seen is not None and (facts := worker.before_checks()) is not None:
                seen(facts)
        return ended


def _is_small(saved: Saved | None) -> bool:
    """Whether what was saved can be in memory twice."""
    files = Path(saved.folder).iterdir() if saved is not None else ()
    return sum(file.stat().st_size for file in files) <= LARGEST


def _describe_environment(channel: Connection) -> None:
    """Keep back what TensorFlow logs, and show it where the import raises."""
    with tempfile.TemporaryFile() as log:
        screen = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            importlib.import_module("layerdoctor.probe.worker.serve").describe_environment(channel)
        except BaseException:
            log.seek(0)
            os.write(screen, log.read())
            raise
        finally:
            os.dup2(screen, 2)
            os.close(screen)
