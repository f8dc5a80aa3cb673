"""Each finding once, though several targets examine the class it is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.rule import Finding
from layerdoctor.wording import listed


@dataclass(frozen=True, slots=True)
class DistinctFinding:
    """A finding as its first target has it, and all targets that have it."""

    diagnosis: Diagnosis
    finding: Finding
    targets: tuple[str, ...]
    """Their ids."""

    def seen_in(self) -> str:
        """Return the targets in words; empty where there is one."""
        return f"seen in the targets {listed(self.targets)}" if len(self.targets) > 1 else ""


def distinct(found: Iterable[tuple[Diagnosis, Finding]]) -> list[DistinctFinding]:
    """Return the findings by fingerprint, in the order in which each comes first.

    Of those that differ the gravest stands for all, and one that is not suppressed before others.
    """
    groups: dict[str, list[tuple[Diagnosis, Finding]]] = {}
    for pair in found:
        groups.setdefault(pair[1].fingerprint, []).append(pair)
    return [
        DistinctFinding(
            *max(group, key=_weight),
            targets=tuple(dict.fromkeys(diagnosis.facts.id for diagnosis, _ in group)),
        )
        for group in groups.values()
    ]


def _weight(pair: tuple[Diagnosis, Finding]) -> tuple[bool, int]:
    finding = pair[1]
    return (finding.suppressed is None, finding.severity.rank)
