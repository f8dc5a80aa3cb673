"""The diagnoses of one run, as every report takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerdoctor.exits import INTERRUPTED
from layerdoctor.judge.repository import Repository
from layerdoctor.notebooks.pieces import whole
from layerdoctor.rule import Finding, Severity
from layerdoctor.version import VERSION
from layerdoctor.wording import counted

if TYPE_CHECKING:
    from layerdoctor.facts import Environment
    from layerdoctor.judge.diagnosis import Diagnosis


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Which part of a run a report tells of."""

    number: int
    """Counted from 1."""
    of: int
    targets: tuple[str, ...]
    """The ids of all targets of the run, in their order."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How the findings differ from those of the last look."""

    new: frozenset[str]
    """Fingerprints of findings."""
    gone: tuple[Finding, ...]

    def is_new(self, finding: Finding) -> bool:
        """Whether the last look did not have the finding."""
        return finding.fingerprint in self.new


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The diagnoses of one run."""

    diagnoses: tuple[Diagnosis, ...]
    environment: Environment
    exit_code: int
    fail_on: Severity | None = Severity.WARNING
    """The least severity that fails a run; None where none does."""
    strict: bool = False
    """Whether what was skipped, and a layer class without a target, fails the run."""
    untargeted: tuple[str, ...] = ()
    """The layer classes that are there and that no target of the config examines."""
    shard: Shard | None = None
    """None where the report tells of the whole run."""
    changes: Changes | None = None
    """None where there was no look before this one."""
    cached: int = 0
    """How many of the layers were not examined anew, since nothing they rest on had changed."""
    config: str | None = None
    """A digest of what the config and the options ask for; None where unknown."""
    version: str = VERSION
    """That of the layerdoctor that made the report."""
    repository: Repository | None = None
    """Where the working directory lies that the files are named from; None where unknown."""

    def path(self, file: str) -> str:
        """Return a file that a finding names from the root of the repository."""
        return self.repository.path(whole(file)) if self.repository else whole(file)

    def findings(self) -> Iterator[tuple[Diagnosis, Finding]]:
        """Yield each finding that is not suppressed, with the diagnosis it belongs to."""
        for diagnosis in self.diagnoses:
            for finding in diagnosis.findings:
                if finding.suppressed is None:
                    yield diagnosis, finding

    def count(self, severity: Severity) -> int:
        """Return how many findings of that severity are not suppressed."""
        return sum(finding.severity is severity for _, finding in self.findings())

    def suppressed(self) -> int:
        """Return how many findings are suppressed, inline or by the baseline."""
        return sum(len(diagnosis.findings) for diagnosis in self.diagnoses) - len(
            tuple(self.findings())
        )

    def fails(self, finding: Finding) -> bool:
        """Say whether the finding alone fails the run."""
        return (
            finding.suppressed is None
            and self.fail_on is not None
            and finding.severity.rank >= self.fail_on.rank
        )

    def skipped(self) -> int:
        """Return how many targets there was no way to call."""
        return self._are("skipped")

    def refused(self) -> int:
        """Return how many targets could not be examined."""
        return self._are("error")

    def _are(self, status: str) -> int:
        return sum(diagnosis.facts.status == status for diagnosis in self.diagnoses)

    def totals(self) -> str:
        """Return the counts in words: ``2 errors, 1 note in 2 of 5 layers, 1 skipped``."""
        counts = [
            counted(number, severity.value)
            for severity in Severity
            if (number := self.count(severity))
        ]
        affected = len({id(diagnosis) for diagnosis, _ in self.findings()})
        examined = self._are("examined")
        of = f"{affected} of " if counts and examined > 1 else ""
        words = f"{', '.join(counts) or 'no findings'} in {of}{counted(examined, 'layer')}"
        others = {
            "suppressed": self.suppressed(),
            "from the cache": self.cached,
            "skipped": self.skipped(),
            "not examined": self.refused(),
            "without a target": len(self.untargeted),
        }
        return ", ".join(
            [
                words if examined else "no layer examined",
                *(f"{number} {label}" for label, number in others.items() if number),
            ]
        )

    def outcome(self) -> str:
        """Return whether the run passes, and what fails it: ``LD101 and LD202 fail the run``."""
        if self.exit_code == INTERRUPTED:
            return "interrupted"
        if self.exit_code == 0:
            return "the run passes"
        failing = (finding.code for _, finding in self.findings() if self.fails(finding))
        reasons = sorted(set(failing))
        if self.refused():
            reasons.append("what could not be examined")
        if self.strict and self.skipped():
            reasons.append("what was skipped")
        if self.strict and self.untargeted:
            reasons.append("what has no target")
        if not reasons:
            return "the run fails"
        before, last = reasons[:-1], reasons[-1]
        names = f"{', '.join(before)} and {last}" if before else last
        return f"{names} {'fail' if before else 'fails'} the run"

    def closing(self) -> str:
        """Return the line that a run ends with."""
        return f"{self.totals()}; {self.outcome()}"
