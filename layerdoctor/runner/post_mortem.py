"""How a worker ended that did not say goodbye, as facts."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from layerdoctor.facts import Breach, Check, CheckName, Failure, Location, Stage
from layerdoctor.target import Target

FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<name>.*)$')


@dataclass(frozen=True, slots=True)
class DumpedFrame:
    """One frame of a traceback that Python's ``faulthandler`` wrote."""

    filename: str
    lineno: int
    name: str


def frames_of(text: str) -> list[DumpedFrame]:
    """Return the frames of the thread that ran the layer, the innermost last.

    ``faulthandler`` writes the threads one after the other, the innermost frame first; the layer
    runs in the thread whose stack holds most of this package's own frames.
    """
    threads: list[list[DumpedFrame]] = [[]]
    for line in text.splitlines():
        if line.endswith(("(most recent call first):", "Timeout (0:")):
            threads.append([])
        elif found := FRAME.match(line):
            threads[-1].append(
                DumpedFrame(_unescaped(found["file"]), int(found["line"]), found["name"])
            )

    def own(thread: list[DumpedFrame]) -> int:
        return sum("layerdoctor" in frame.filename for frame in thread)

    return max(reversed(threads), key=own)[::-1]


def timeout_of(target: Target, where: Location | None, stage: Stage) -> Failure:
    """Return the failure of a target that did not answer in time."""
    return Failure(
        stage=stage,
        kind="timeout",
        message=f"no answer within {target.timeout:g} s",
        location=where,
    )


def death_of(exit_code: int | None, where: Location | None, stage: Stage) -> Failure:
    """Return the failure of a target whose process ended."""
    return Failure(stage=stage, kind="crash", message=_words(exit_code), location=where)


def ended_in(check: CheckName, failure: Failure) -> Check:
    """Return the check of the contract in which the process ended."""
    breach = Breach(kind=failure.kind, failure=failure, location=failure.location)
    return Check(name=check, status="failed", reason=failure.message, breaches=(breach,))


def late_again(check: CheckName, first: CheckName) -> Check:
    """Return a check that found no end, after the ``first`` that found none either."""
    return Check(
        name=check, status="skipped", reason=f"no answer within the time limit, like `{first}`"
    )


def begun_late(check: CheckName) -> Check:
    """Return a check that found no end, as most of the time was up when it began."""
    reason = "no answer within what was left of the time limit: `--timeout` is too short for it"
    return Check(name=check, status="skipped", reason=reason)


def not_begun(check: CheckName, late: int) -> Check:
    """Return a check that was not begun, because so many before it found no end."""
    return Check(name=check, status="skipped", reason=f"{late} checks before it gave no answer")


def _words(exit_code: int | None) -> str:
    if exit_code is None:
        return "the process vanished"
    if exit_code >= 0:
        return f"the process ended itself with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    meaning = {
        "SIGSEGV": " (a segmentation fault)",
        "SIGABRT": " (aborted)",
        "SIGKILL": " (killed, as the system does when memory runs out)",
        "SIGBUS": " (a bus error)",
        "SIGFPE": " (an arithmetic fault)",
    }.get(name, "")
    return f"the process was ended by {name}{meaning}"


def _unescaped(name: str) -> str:
    """Return a file name whose characters outside ASCII ``faulthandler`` wrote as escapes."""
    return re.sub(
        r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))",
        lambda match: chr(int(next(filter(None, match.groups())), 16)),
        name,
    )
