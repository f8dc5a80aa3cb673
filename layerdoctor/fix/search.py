"""Looking for the changes of one file that cure its findings and hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from layerdoctor.fix.source import MovedLines, Source
from layerdoctor.fix.trial import ChangeTrials, Claim, Verdict
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.remedies import REMEDIES
from layerdoctor.remedies.case import Case, Remedy
from layerdoctor.remedies.editing.long_lines import broken
from layerdoctor.remedies.editing.unread import without_unread
from layerdoctor.rule import Finding
from layerdoctor.wording import raised

FOLLOWING = 2
"""How many candidates are tried for what a change brings with it."""
MOST = 6
"""How many candidates of one finding are tried."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A finding that is to be cured, and the targets it was found in."""

    finding: Finding
    diagnoses: tuple[Diagnosis, ...]
    module: cst.Module | None = None
    """The changed module whose lines these are, where the change has brought the finding."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A finding and one of its candidates."""

    wanted: Wanted
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a finding."""

    finding: Finding
    verdict: Verdict | None = None
    """Of the trial that the finding's remedy took part in; None where no remedy applies."""
    choices: tuple[Choice, ...] = ()
    """The candidate that holds, and those that cure what it brings with it."""

    @property
    def targets(self) -> list[str]:
        """The ids of those that the finding was found in."""
        return [each.facts.id for choice in self.choices[:1] for each in choice.wanted.diagnoses]


@dataclass(frozen=True, slots=True)
class Cure:
    """A file, what it becomes, and what that cures."""

    source: Source
    data: bytes
    outcomes: tuple[Outcome, ...]
    claims: tuple[Claim, ...] = ()
    """What the change was seen to hold."""

    @property
    def cured(self) -> list[Outcome]:
        """The findings that the change was seen to cure."""
        return [each for each in self.outcomes if each.verdict and each.verdict.holds]


@dataclass(frozen=True, slots=True)
class _Changed:
    module: cst.Module
    claims: list[Claim]


class Search:
    """Tries candidates: all findings at once with the best of each, else one after the other."""

    def __init__(self, source: Source, trials: ChangeTrials, names: Sequence[str]) -> None:
        """``names`` are the ids of the targets that rest on the file."""
        self._source = source
        self._trials = trials
        self._names = names
        self._known: dict[object, Verdict] = {}
        self._faults: dict[Finding, Verdict] = {}
        """What is told of findings whose remedy itself failed."""

    def cure(self, wanted: Sequence[Wanted]) -> Cure:
        """Return what of the file can be changed so that findings are gone and nothing is new."""
        able = [each for each in wanted if self._changed([Choice(each, 0)]) is not None]
        others = [each.finding for each in wanted if each not in able]
        none = [Outcome(each, self._faults.get(each)) for each in others]
        if len(able) > 1:
            together = [Choice(each, 0) for each in able]
            changed, verdict = self._tried(together)
            if changed is not None and verdict.holds:
                done = [Outcome(each.wanted.finding, verdict, (each,)) for each in together]
                claims = tuple(changed.claims)
                data = self._source.text_of(changed.module)
                return Cure(self._source, data, (*done, *none), claims)
        return self._one_by_one(able, none)

    def alone(self, cure: Cure) -> Iterator[tuple[Outcome, bytes, Verdict]]:
        """Yield each finding that the cure cures, with the file where it is cured alone.

        One that cannot be cured without the others is left out.
        """
        cured = cure.cured
        for outcome in cured:
            assert outcome.verdict is not None
            if len(cured) == 1:
                yield outcome, cure.data, outcome.verdict
                continue
            changed, verdict = self._tried(outcome.choices, outcome.targets)
            if changed is not None and verdict.holds:
                yield outcome, self._source.text_of(changed.module), verdict

    def _one_by_one(self, able: Sequence[Wanted], none: Sequence[Outcome]) -> Cure:
        """Add one finding's remedy to those that hold already, and keep it if all hold."""
        kept: dict[Finding, tuple[Choice, ...]] = {}
        verdicts: dict[Finding, Verdict] = {}
        for wanted in able:
            choices, verdict = self._first_that_holds(wanted, _all(kept))
            verdicts[wanted.finding] = verdict
            if choices:
                kept[wanted.finding] = choices
        changed, verdict = None, Verdict()
        while kept:
            changed, verdict = self._tried(_all(kept))
            if verdict.holds:
                break
            last, _ = kept.popitem()
            verdicts[last] = verdict
        holds = changed if kept else None
        data = self._source.text_of(holds.module) if holds else self._source.data
        outcomes = [
            Outcome(each.finding, verdicts[each.finding], kept.get(each.finding, ()))
            for each in able
        ]
        claims = tuple(holds.claims) if holds else ()
        return Cure(self._source, data, (*outcomes, *none), claims)

    def _first_that_holds(
        self, wanted: Wanted, kept: Sequence[Choice]
    ) -> tuple[tuple[Choice, ...], Verdict]:
        """Return the best candidate that cures the layers it was found in, beside those kept.

        Where the change merely uncovers another defect, both are cured.
        """
        names = [each.facts.id for each in wanted.diagnoses]
        first: Verdict | None = None
        for number in range(MOST):
            choice = Choice(wanted, number)
            changed, verdict = self._tried([*kept, choice], names)
            if changed is None:
                break
            if verdict.holds:
                return (choice,), verdict
            first = first or verdict
            more, with_more = self._followed([*kept, choice], changed, verdict, names)
            if more:
                return (choice, *more), with_more
        return (), first or Verdict(reason="no remedy applies beside the others")

    def _followed(
        self,
        choices: Sequence[Choice],
        changed: _Changed,
        verdict: Verdict,
        names: Sequence[str],
    ) -> tuple[list[Choice], Verdict]:
        """Return candidates for what a change has brought, where it holds with them."""
        brought = {(f.code, f.subject): Wanted(f, (d,), changed.module) for d, f in verdict.new}
        if not all(any(not each.asked for each in remedies(code)) for code, _ in brought):
            return [], verdict
        for number in range(FOLLOWING) if brought else ():
            more = [Choice(each, number) for each in brought.values()]
            made, found = self._tried([*choices, *more], names)
            if made is not None and found.holds:
                return more, found
        return [], verdict

    def _tried(
        self, choices: Sequence[Choice], names: Sequence[str] | None = None
    ) -> tuple[_Changed | None, Verdict]:
        """Try candidates together, on some of the targets that rest on the file or on all."""
        changed = self._changed(choices)
        if changed is None:
            return None, Verdict(reason="no remedy applies")
        data = self._source.text_of(changed.module)
        asked = self._names if names is None else names
        claims = frozenset((claim.target, id(claim.finding)) for claim in changed.claims)
        key = (data, claims, frozenset(asked))
        if key not in self._known:
            verdict = self._trials.try_out(self._source, data, changed.claims, asked)
            self._known[key] = verdict
        return changed, self._known[key]

    def _changed(self, choices: Sequence[Choice]) -> _Changed | None:
        """Return the module with all the candidates chosen; None where one of them is none."""
        module, claims = self._source.module, []
        for choice in choices:
            found = self._candidate(module, choice)
            if found is None:
                return None
            module, remedy = found
            claims += [
                Claim(each.facts.id, choice.wanted.finding, remedy.outputs, remedy.leaves_note)
                for each in choice.wanted.diagnoses
                if choice.wanted.module is None
            ]
        return _Changed(module, claims)

    def _candidate(self, module: cst.Module, choice: Choice) -> tuple[cst.Module, Remedy] | None:
        file = self._source.file
        wanted = choice.wanted
        moved = MovedLines(wanted.module or self._source.module, module)
        case = Case(
            finding=moved.finding(wanted.finding, file),
            facts=moved.facts(wanted.diagnoses[0].facts, file),
            module=module,
            file=file,
            earlier=self._source.earlier,
        )
        known = {module.code}
        number = 0
        try:
            for candidate, remedy in _candidates(case):
                if candidate.code in known:
                    continue
                if number == choice.number:
                    return candidate, remedy
                known.add(candidate.code)
                number += 1
        except Exception as error:  # in source that nobody has thought of
            words = f"its remedy failed, which is a bug of layerdoctor: {raised(error)}"
            self._faults[wanted.finding] = Verdict(reason=words)
        return None


def _all(kept: Mapping[Finding, Sequence[Choice]]) -> list[Choice]:
    return [choice for choices in kept.values() for choice in choices]


def _candidates(case: Case) -> Iterator[tuple[cst.Module, Remedy]]:
    """Yield what the remedies make of a case, parsed anew; what is no Python is left out."""
    for remedy in remedies(case.finding.code):
        for candidate in remedy.candidates(case):
            if candidate is None:
                continue
            try:
                made = cst.parse_module(candidate.bytes)
            except cst.ParserSyntaxError:
                continue
            yield broken(case.module, without_unread(case.module, made)), remedy


def remedies(code: str) -> list[Remedy]:
    """Return the remedies for findings of a code."""
    return [remedy for remedy in REMEDIES if code in remedy.codes]
