"""Trying a changed file: what its layers compute now, and what is found in them."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from layerdoctor.facts import LayerFacts, Sameness
from layerdoctor.fix.mirror import Mirror
from layerdoctor.fix.source import Source
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.verdict import Judge
from layerdoctor.protocol import Comparison
from layerdoctor.rule import Finding, Severity, matches
from layerdoctor.rules import RULES
from layerdoctor.runner.pool import Pool
from layerdoctor.target import FILES, Target

GRADES: tuple[Sameness, ...] = ("equal", "finite", "start", "changed")
"""From the most that outputs can have in common to the least."""

DIFFERENCES: dict[Sameness, str] = {
    "finite": "outputs differ where they were not finite",
    "start": "outputs differ once the weights move",
    "changed": "outputs differ",
}

Key = tuple[str, str | None]
"""What tells findings of one layer apart: the code and the subject."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a trial."""

    reason: str | None = None
    """Why the change does not hold; None where it does."""
    outputs: Mapping[str, Sameness] = field(default_factory=dict)
    """By the ids of the targets of which there was something before to compare them with."""
    new: tuple[tuple[Diagnosis, Finding], ...] = ()
    """What else is found now, in the lines of the changed file, where that alone speaks against
    it."""
    uncovered: tuple[Finding, ...] = ()
    """Findings that nobody could have seen before, as the layer could not be run that far."""
    notes: tuple[Finding, ...] = ()
    """What is left as a note of findings that were worse."""

    @property
    def holds(self) -> bool:
        """Whether the change may be shown."""
        return self.reason is None

    def outputs_of(self, targets: Sequence[str]) -> Sameness | None:
        """Return the least that was seen in common; None where nothing could be compared."""
        found = [self.outputs[name] for name in targets if name in self.outputs]
        return max(found, key=GRADES.index, default=None)


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding that a change is meant to cure, and what of the outputs has to stay."""

    target: str
    """The id of the target that it was found in."""
    finding: Finding
    outputs: Sameness
    leaves_note: bool = False
    """Whether a note of it may stay, where it was worse."""

    def allows(self, finding: Finding) -> bool:
        """Whether a finding is what may stay of this one."""
        is_less = finding.severity is Severity.NOTE is not self.finding.severity
        return self.leaves_note and is_less and _key(finding) == _key(self.finding)


class ChangeTrials:
    """Examines changed files as the unchanged ones were examined, and compares the two."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        diagnoses: Mapping[str, Diagnosis],
        judge: Judge,
        workers: Pool,
        folder: Path,
    ) -> None:
        """``folder`` is an empty one, for what the layers compute and for the mirrors."""
        self._targets = {name: _settled(each, diagnoses[name]) for name, each in targets.items()}
        self._diagnoses = diagnoses
        self._judge = judge
        self._workers = workers
        self._folder = folder
        self._records: dict[str, str | None] = {}
        self._kept: dict[str, tuple[bytes, tuple[Claim, ...]]] = {}
        self._seen = {name: _everything(each.facts) for name, each in diagnoses.items()}
        workers.start([*targets.values()])

    def keep(self, source: Source, data: bytes, claims: Sequence[Claim]) -> None:
        """Try what follows beside this change of another file or cell, which holds."""
        before, earlier = self._kept.get(source.path, (None, ()))
        self._kept[source.path] = (source.contents(data, before), (*earlier, *claims))

    def try_out(
        self, source: Source, data: bytes, claims: Sequence[Claim], names: Sequence[str]
    ) -> Verdict:
        """Say whether the file with other contents holds what is claimed.

        ``names`` are the ids of all targets that rest on the file.
        """
        files = {path: kept for path, (kept, _) in self._kept.items()}
        files[source.path] = source.contents(data, files.get(source.path))
        files = {os.path.realpath(path): new for path, new in files.items()}
        every = [*claims, *(claim for _, kept in self._kept.values() for claim in kept)]
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            dirs = [each for name in names for each in self._targets[name].app_dirs]
            own = _own_files(self._targets[name] for name in names)
            mirror = Mirror(Path(folder), own | files, [*dict.fromkeys(dirs)])
            outputs = self._compared(mirror, names, every)
            if not outputs.holds:
                return outputs
            found = self._examined(mirror, every, names)
            return replace(found, outputs=outputs.outputs)

    def _compared(self, mirror: Mirror, names: Sequence[str], claims: Sequence[Claim]) -> Verdict:
        """Compare what the layers compute, as far as they computed anything before."""
        self._record(names)
        comparisons = {
            name: Comparison(file, records=False)
            for name in names
            if (file := self._records[name]) is not None
        }
        targets = [mirror.target(self._targets[name]) for name in comparisons]
        found: dict[str, Sameness] = {}
        for facts in self._workers.examine(targets, comparisons):
            own = (claim.outputs for claim in claims if claim.target == facts.id)
            allowed: Sameness = max(own, key=GRADES.index, default="equal")
            same = facts.behaviour.outputs if facts.behaviour else None
            if same is None and (facts.behaviour is None or allowed != "changed"):
                why = facts.behaviour.reason if facts.behaviour else _why(facts)
                return Verdict(reason=mirror.original(f"outputs cannot be compared: {why}"))
            if GRADES.index(same or "changed") > GRADES.index(allowed):
                return Verdict(reason=DIFFERENCES[same or "changed"])
            found[facts.id] = same or "changed"
        return Verdict(outputs=found)

    def _record(self, names: Sequence[str]) -> None:
        """Have written down what the layers compute as they are."""
        missing = [name for name in names if name not in self._records]
        files = {name: str(self._folder / f"{number}") for number, name in enumerate(self._targets)}
        asked = {name: Comparison(files[name], records=True) for name in missing}
        for facts in self._workers.examine([self._targets[name] for name in missing], asked):
            is_there = facts.behaviour is not None and facts.behaviour.outputs is not None
            self._records[facts.id] = files[facts.id] if is_there else None

    def _examined(self, mirror: Mirror, claims: Sequence[Claim], names: Sequence[str]) -> Verdict:
        """Examine the layers, and say what is left and what is new."""
        uncovered: list[Finding] = []
        notes: list[Finding] = []
        new: list[tuple[Diagnosis, Finding]] = []
        targets = [mirror.target(self._targets[name]) for name in names]
        for facts in self._workers.examine(targets):
            if facts.status != "examined":
                why = f"the layer cannot be examined: {_why(facts)}"
                return Verdict(reason=mirror.original(why))
            diagnosis = self._diagnosis(facts, mirror)
            after = diagnosis.findings
            own = [claim for claim in claims if claim.target == facts.id]
            allowed = [each for each in after if any(claim.allows(each) for claim in own)]
            notes += allowed
            cured = [claim.finding for claim in own]
            counting = [each for each in after if each not in allowed]
            if left := _left(cured, self._diagnoses[facts.id], counting):
                return Verdict(reason=f"{left.code} is still found: {left.message}")
            if lost := _not_made(self._diagnoses[facts.id].facts, facts):
                return Verdict(reason=f"the check `{lost}` passed and could not be made again")
            for finding in self._new(facts.id, after):
                if self._could_be_seen(facts.id, finding):
                    new.append((diagnosis, finding))
                else:
                    uncovered.append(finding)
        if new:
            _, first = new[0]
            return Verdict(reason=f"{first.code} is new: {first.message}", new=tuple(new))
        return Verdict(uncovered=tuple(uncovered), notes=tuple(notes))

    def _diagnosis(self, facts: LayerFacts, mirror: Mirror) -> Diagnosis:
        """Return what is found in the changed layer, where its original would be looked for it."""
        ignored = self._judge.ignored_in(self._diagnoses[facts.id].facts.file)
        found = self._judge(facts)
        counting = [
            each
            for each in found.findings
            if not any(matches(entry, each.code, each.rule) for entry in ignored)
        ]
        return mirror.original_of(replace(found, findings=tuple(counting)))

    def _new(self, name: str, after: Sequence[Finding]) -> Iterator[Finding]:
        known = self._seen[name] | {_key(each) for each in self._diagnoses[name].findings}
        return (each for each in after if each.suppressed is None and _key(each) not in known)

    def _could_be_seen(self, name: str, finding: Finding) -> bool:
        """Whether the rule had what it needs before the change."""
        rule = next(rule for rule in RULES if rule.code == finding.code)
        facts = self._diagnoses[name].facts
        return not facts.failures and rule.has_run(facts)


def _own_files(targets: Iterable[Target]) -> dict[str, bytes]:
    """Return the files that targets name, by their real paths.

    A mirror has to hold them itself: from a link, such a file is taken for the original, and so is
    all that it imports of its package.
    """
    places = (target.target.rpartition(":")[0] for target in targets)
    files = (os.path.realpath(place) for place in places if place.endswith(FILES))
    return {file: Path(file).read_bytes() for file in files if os.path.isfile(file)}


def _settled(target: Target, diagnosis: Diagnosis) -> Target:
    """Return the target with what was guessed, so that a changed layer is called alike."""
    facts = diagnosis.facts
    if not facts.inputs:
        return target
    return replace(
        target,
        args=dict(facts.args),
        inputs=facts.inputs,
        inputs_as=facts.inputs_as,
        call=dict(facts.call_args),
    )


def _everything(facts: LayerFacts) -> set[Key]:
    """Return all that the rules see in a layer, what merely follows from something else too."""
    return {(rule.code, problem.subject) for rule in RULES for problem in rule.check(facts)}


def _key(finding: Finding) -> Key:
    return finding.code, finding.subject


def _left(cured: Sequence[Finding], before: Diagnosis, after: Sequence[Finding]) -> Finding | None:
    """Return what is found of the first that is there as often as before."""
    was = Counter(map(_key, before.findings))
    was.subtract(map(_key, cured))
    now = Counter(map(_key, after))
    left = {_key(each) for each in cured if now[_key(each)] > was[_key(each)]}
    return next((each for each in after if _key(each) in left), None)


def _not_made(before: LayerFacts, after: LayerFacts) -> str | None:
    """Return a check that passed and could no longer be made: its silence would mean nothing."""
    passed = {check.name for check in before.checks if check.status == "passed"}
    made = {check.name for check in after.checks if check.status != "skipped"}
    return next((name for name in sorted(passed) if name not in made), None)


def _why(facts: LayerFacts) -> str:
    if facts.error is not None:
        return facts.error.message
    return facts.failures[-1].message if facts.failures else "it could not be run"
