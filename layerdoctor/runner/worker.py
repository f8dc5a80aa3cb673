"""One target in its process: what has been told of it, and what another process goes on with."""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from layerdoctor.facts import (
    Check,
    CheckName,
    ErrorKind,
    Failure,
    LayerFacts,
    Location,
    Stage,
    TargetError,
)
from layerdoctor.import_work import remedy, work_in
from layerdoctor.protocol import (
    CheckBegan,
    Comparison,
    Finished,
    Imported,
    Message,
    NeedsEnvironment,
    Observed,
    Request,
    Saved,
    StageBegan,
    Started,
    Variables,
    observed,
)
from layerdoctor.runner.post_mortem import (
    begun_late,
    death_of,
    ended_in,
    frames_of,
    late_again,
    not_begun,
    timeout_of,
)
from layerdoctor.runner.process import LOST, WorkerProcess
from layerdoctor.target import Target, parse_target
from layerdoctor.user_code import Author

GRACE = 0.5
"""Seconds that a worker gets past its time limit to say which line is running."""

LATE = 3
"""How many checks of one target may find no end: each takes its whole time limit."""

LEAST_SHARE = 1 / 3
"""The part of the time limit that a check must have had for its silence to say anything."""

TENSORFLOW = f"{os.sep}tensorflow{os.sep}python{os.sep}"
"""What the names of TensorFlow's own files have in them."""

STARTED_ANEW: Variables = {"LAYERDOCTOR_START": "spawn"}
"""What a process needs that is not to be forked, but to have all threads of its own."""

Forward = Callable[[str, str], None]
"""Takes a target's id and what its code printed."""


class State(enum.Enum):
    """What a worker does."""

    STARTING = enum.auto()
    """Its process imports TensorFlow, or waits to be asked."""
    EXAMINING = enum.auto()
    """The target's own time runs."""
    OVERDUE = enum.auto()
    """The time is up, and the process has been asked which line is running."""
    FINISHED = enum.auto()
    """It has said that nothing more comes."""
    FAILED = enum.auto()
    """It ended, or was ended, without a word."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What one process of a target leaves to the next."""

    facts: LayerFacts | None = None
    """What was observed, where only checks of the contract are left to be made."""
    late_in: tuple[CheckName, ...] = ()
    """The checks that found no end."""
    environment: Variables = field(default_factory=dict)
    """What must be set before TensorFlow is imported, as far as it is known."""
    saved: Saved | None = None
    """What the next process has to load, which is all that it is for."""
    comparison: Comparison | None = None
    """What it has to compare, which is all that it is for."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks of the contract that are made."""
        return self.facts.checks if self.facts is not None else ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a worker has come, by its own words."""

    imported: Imported | None = None
    stage: Stage = Stage.CONSTRUCT
    check: CheckBegan | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Those of ``LayerFacts`` that were told, as JSON values."""
    environment: Variables | None = None
    """What the target's module sets too late."""
    saved: Saved | None = None

    def after(self, message: Message) -> Progress:
        """Return the progress that a message tells of."""
        changed: dict[str, Any] = {}
        match message:
            case Imported():
                changed = {"imported": message}
            case StageBegan(stage=stage):
                changed = {"stage": stage}
            case CheckBegan():
                changed = {"check": message}
            case Observed(fields=fields):
                changed = {"fields": {**self.fields, **fields}}
            case NeedsEnvironment(variables=variables):
                changed = {"environment": variables}
            case Saved():
                changed = {"saved": message}
        return replace(self, **changed)


class Worker:
    """One target in its process, and what has been told of it so far.

    Where a check of the contract ended the process before, this one makes the checks behind it.
    Where the process before has saved the layer, this one loads it, and does nothing else.
    Of the checks that find no end the first is a failure, unless it had begun when little time was
    left, as where the machine is busy; the last of ``LATE`` ends it all.
    """

    def __init__(
        self, process: WorkerProcess, target: Target, forward: Forward, taken: Handover
    ) -> None:
        self.process = process
        self.target = target
        self._taken = taken
        self._late_in = taken.late_in
        self._state = State.STARTING
        self._progress = Progress()
        self._at_limit = self._progress
        self._deadline: float | None = None
        self._left_for_check = target.timeout
        self._finished = Finished()
        self._failure: Failure | None = None
        self._may_lack_a_thread = False
        self._shown = False
        again = taken.facts is not None
        process.output.begin(lambda text: forward(target.id, text), again=again)
        process.trace.begin()
        process.ask(Request(target, taken.checks, self.saved, taken.comparison))

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
        gone = not self.process.alive or self.process.messages.closed
        if self._state is State.FINISHED or gone:
            return True
        if self.remaining() != 0:
            return False
        if self._state is State.OVERDUE:
            self._progress = self._at_limit
            self._may_lack_a_thread = self._waits_in_tensorflow()
            self._fail(timeout_of(self.target, self._where(), self._progress.stage))
            return True
        self._state = State.OVERDUE
        self._at_limit = self._progress
        self._deadline = time.monotonic() + GRACE
        self.process.ask_for_stack()
        return False

    def before_checks(self) -> LayerFacts | None:
        """Return, once, what was observed before the checks of the contract begin."""
        is_first = self._taken.facts is None and self._taken.comparison is None
        if self._shown or not is_first or self._progress.stage is not Stage.CONTRACT:
            return None
        self._shown = True
        return self.facts()

    def end(self) -> None:
        """Take in the last words, and make a failure of an end that was not announced.

        Where it was announced the process is not waited for: ``leave`` is for that.
        """
        process = self.process
        if self._state is State.FINISHED:
            process.output.finish()
            return
        if self._state is State.FAILED or process.messages.closed:
            process.kill()
        process.sweep()
        self._receive()
        process.trace.read()
        if not self._has_ended:
            self._die()
        process.output.finish(noise=self._state is State.FAILED)

    def leave(self) -> None:
        """Wait until the process, and all that it has started, is gone."""
        self.process.kill()
        self.process.close()

    @property
    def may_be_followed(self) -> bool:
        """Whether it makes the last checks, which another process may have to end."""
        goes_on = self._taken.saved is None and self._taken.comparison is None
        return goes_on and self._progress.stage is Stage.CONTRACT

    @property
    def _has_ended(self) -> bool:
        return self._state in (State.FINISHED, State.FAILED)

    @property
    def following(self) -> Handover | None:
        """What another process has to go on with; None where nothing is left to be observed."""
        environment = self._taken.environment
        if self._state is State.FINISHED and self._progress.environment is not None:
            needed = {**environment, **self._progress.environment}
            return replace(self._taken, environment=needed)
        if self._taken.saved is not None:
            return None
        if self._leaves_checks:
            facts = self.facts()
            return None if facts.status == "error" else Handover(facts, self._late_in, environment)
        return self._to_load

    @property
    def ahead(self) -> Handover | None:
        """What another process can go on with while this one still makes checks."""
        return None if self._has_ended or self._taken.saved is not None else self._to_load

    @property
    def _to_load(self) -> Handover | None:
        """What another process has to load, of what this one has saved."""
        saved = self._progress.saved
        if saved is None:
            return None
        seed = {"PYTHONHASHSEED": saved.hash_seed} if saved.hash_seed else {}
        return Handover(self.facts(), self._late_in, {**self._taken.environment, **seed}, saved)

    def take_over(self, taken: Handover) -> None:
        """Go on with what the process before has left in the end; it was begun ahead of that."""
        self._taken, self._late_in = taken, taken.late_in

    @property
    def _leaves_checks(self) -> bool:
        """Whether a check of the contract ended the process, which may have left others."""
        if self._failure is not None:
            return self._failure.check is not None
        return self._is_left_out and len(self._late_in) < LATE

    @property
    def _is_left_out(self) -> bool:
        """Whether a check found no end that is no failure: it is not the first, or began late."""
        is_late = self._late_in != self._taken.late_in
        return is_late and (len(self._late_in) > 1 or self._began_late)

    @property
    def _began_late(self) -> bool:
        """Whether little of the time limit was left when the check began that is running."""
        return self._left_for_check < LEAST_SHARE * self.target.timeout

    @property
    def again(self) -> Handover:
        """What another process begins anew with, where this one was lost."""
        environment = STARTED_ANEW if self._may_lack_a_thread else {}
        return Handover(comparison=self._taken.comparison, environment=environment)

    @property
    def lost(self) -> bool:
        """Whether the process may not have ended by a fault of the layer's.

        It went down too early, or with the server, or it was forked and waited for a thread that
        it may lack: see ``probe.worker.first_operations``.
        """
        early = self._deadline is None
        ended_otherwise = early or self.process.exit_code == LOST or self._may_lack_a_thread
        return self._state is not State.FINISHED and ended_otherwise

    @property
    def reusable(self) -> bool:
        """Whether the process can examine another target."""
        return self._state is State.FINISHED and self._finished.reusable

    def serves(self, target: Target) -> bool:
        """Whether the process has been made ready for a target like this one."""
        mine = (self.target.device, self.target.memory_limit)
        return self.process.alive and mine == (target.device, target.memory_limit)

    def facts(self) -> LayerFacts:
        """Return everything that was observed."""
        name, spec = self.target.id, self.target.target
        told = {**self._progress.fields, "id": name, "target": spec}
        try:
            facts = msgspec.convert(told, LayerFacts)
        except msgspec.ValidationError as error:
            words = f"the worker told what are no facts: {error}"
            fault = TargetError(kind="internal", message=words)
            return LayerFacts(id=name, target=spec, status="error", error=fault)
        if self._taken.facts is not None:
            facts = self._joined(self._taken.facts, facts)
        return self._with_failure(facts)

    def _joined(self, before: LayerFacts, facts: LayerFacts) -> LayerFacts:
        """Return what the process before has observed, with what this one was for."""
        checks = {check.name: check for check in (*before.checks, *facts.checks)}
        joined = replace(before, checks=tuple(checks.values()))
        if self._taken.saved is None:
            return joined
        if facts.error is not None:
            return replace(joined, status=facts.status, error=facts.error)
        return replace(
            joined,
            constants=facts.constants or before.constants,
            saved_as=facts.saved_as,
            seconds=before.seconds + facts.seconds,
        )

    @property
    def saved(self) -> str | None:
        """The folder that the process before has saved to, of which this one was the last user."""
        return self._taken.saved.folder if self._taken.saved else None

    def _with_failure(self, facts: LayerFacts) -> LayerFacts:
        """Return the facts with how the process ended, where that is the layer's doing."""
        checks = [*facts.checks, *self._late()]
        failures = [*facts.failures]
        if self._failure is not None:
            failures.append(self._failure)
            if self._failure.check is not None:
                checks.append(ended_in(self._failure.check, self._failure))
        return replace(facts, checks=tuple(checks), failures=tuple(failures))

    def _receive(self) -> None:
        """Take in the messages that have arrived; what comes after the failure no longer counts."""
        if self._state is State.FAILED:
            return
        for message in self.process.messages.read():
            if isinstance(message, Started):
                self._start(message)
            elif isinstance(message, Finished):
                self._state, self._finished = State.FINISHED, message
            else:
                if isinstance(message, CheckBegan):
                    self._left_for_check = self.remaining() or 0.0
                self._progress = self._progress.after(message)

    def _start(self, message: Started) -> None:
        self.process.led_by(message.group)
        if self._state is State.STARTING:
            self._state = State.EXAMINING
            self._deadline = time.monotonic() + self.target.timeout

    def _die(self) -> None:
        if self._deadline is None:
            words = self.process.output.text().strip().splitlines()
            message = "the worker ended before it could examine anything"
            self._refuse("internal", ": ".join([message, *words[-1:]]))
            return
        self._fail(death_of(self.process.exit_code, self._where(), self._progress.stage))

    def _fail(self, failure: Failure) -> None:
        """Note how it ended: in the author's module, in a check of the contract, or in a stage."""
        if self._progress.imported is None and self._taken.saved is None:
            module = parse_target(self.target.target)[0]
            author = Author(self.target.app_dirs)
            work = work_in(frames_of(self.process.trace.text()), author)
            advice = f"; {remedy(work)}" if work is not None else ""
            self._refuse("import", f"importing `{module}`: {failure.message}{advice}")
            return
        self._state = State.FAILED
        running = self._progress.check if failure.stage is Stage.CONTRACT else None
        check = running.check if running else None
        if check is not None and failure.kind == "timeout":
            self._late_in = (*self._late_in, check)
            if self._is_left_out:
                return
        self._failure = replace(failure, check=check)

    def _waits_in_tensorflow(self) -> bool:
        """Whether the process is a forked one, and TensorFlow what it has not come back from."""
        frames = frames_of(self.process.trace.text())
        return self.process.forked and bool(frames) and TENSORFLOW in frames[-1].filename

    def _late(self) -> Iterator[Check]:
        """Yield the check that found no end, and those that are left out after the last such."""
        if not self._is_left_out:
            return
        if len(self._late_in) > 1:
            yield late_again(self._late_in[-1], self._late_in[0])
        else:
            yield begun_late(self._late_in[0])
        if len(self._late_in) == LATE and self._progress.check is not None:
            for name in self._progress.check.remaining:
                yield not_begun(name, LATE)

    def _refuse(self, kind: ErrorKind, message: str) -> None:
        self._state = State.FAILED
        error = msgspec.to_builtins(TargetError(kind=kind, message=message))
        told = observed(status="error", error=error)
        self._progress = self._progress.after(told)

    def _where(self) -> Location | None:
        imported = self._progress.imported
        author = Author(self.target.app_dirs, imported.package if imported else None)
        return author.location(frames_of(self.process.trace.text()))
