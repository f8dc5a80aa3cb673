"""From facts to findings: what the rules see, in order, without what merely follows."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.judge import source
from layerdoctor.judge.identity import identity
from layerdoctor.rule import Finding, Problem, Rule, Severity, Span

MARKER_RULE = "LD901"

_NEEDS = {
    "LD1": Stage.CALL,
    "LD2": Stage.GRADIENT,
    "LD3": Stage.REPEAT,
    "LD4": Stage.TRACE,
    "LD5": Stage.CONTRACT,
}
"""The stage that each group of rules needs to have ended before its silence means anything."""

_NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was observed of one layer, and what is the matter with it."""

    facts: LayerFacts
    findings: tuple[Finding, ...] = ()
    """Sorted by file, line, column and code; suppressed ones are among them."""
    layer: str | None = None
    """The layer's name, the same however its target is written; None where it was not judged."""

    @property
    def is_whole(self) -> bool:
        """Whether the layer was examined to the end, so that what is not found is not there."""
        return self.facts.status == "examined" and not self.facts.failures


@dataclass(frozen=True, slots=True)
class _Seen:
    """A problem and the rule that saw it."""

    rule: Rule
    problem: Problem

    @property
    def severity(self) -> Severity:
        return self.problem.severity or self.rule.severity


def diagnose(
    facts: LayerFacts,
    rules: Sequence[Rule],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    root: str = ".",
) -> Diagnosis:
    """Judge the facts by the rules.

    ``select`` and ``ignore`` hold codes, prefixes of codes and names of rules; an empty ``select``
    selects all. A rule that is not selected still covers what merely follows from what it sees.
    The files that the facts name are read, for spans and for markers, and never run. ``root`` is
    the folder that tells two layers of one name apart, see ``identity``.
    """
    seen = [_Seen(rule, problem) for rule in rules for problem in rule.check(facts)]
    causes = _merged(_without_consequences(seen, rules))
    wanted = {rule.code for rule in rules if _is_wanted(rule, select, ignore)}
    findings = [_finding(each) for each in causes if each.rule.code in wanted]
    markers = _Markers(facts, rules, wanted)
    findings = markers.suppress(findings)
    findings += markers.suppress(markers.unused())
    layer = identity(facts, root)
    return Diagnosis(facts, _fingerprinted(sorted(findings, key=_place), layer), layer)


def settle_markers(diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Drop the notes on unused markers that suppress something in another diagnosis.

    One class may be examined several times, with other arguments or inputs: a marker is unused
    where it is unused each time.
    """
    examined = Counter(map(_class, diagnoses))
    unused = Counter(
        (finding.location, finding.subject)
        for diagnosis in diagnoses
        for finding in diagnosis.findings
        if finding.code == MARKER_RULE
    )

    def stays(finding: Finding, diagnosis: Diagnosis) -> bool:
        if finding.code != MARKER_RULE:
            return True
        return unused[finding.location, finding.subject] == examined[_class(diagnosis)]

    return tuple(
        replace(each, findings=tuple(f for f in each.findings if stays(f, each)))
        for each in diagnoses
    )


def _class(diagnosis: Diagnosis) -> tuple[str | None, str | None]:
    return diagnosis.facts.class_name, diagnosis.facts.file


def matches(entry: str, code: str, name: str) -> bool:
    """Say whether an entry, a code, a prefix of codes or a name, means the rule."""
    return entry == name or (entry != "" and code.startswith(entry.upper()))


def _is_wanted(rule: Rule, select: Sequence[str], ignore: Sequence[str]) -> bool:
    selected = not select or any(matches(entry, rule.code, rule.name) for entry in select)
    return selected and not any(matches(entry, rule.code, rule.name) for entry in ignore)


def _without_consequences(seen: Sequence[_Seen], rules: Sequence[Rule]) -> list[_Seen]:
    """Leave out what merely follows; of two that cover each other the earlier rule wins."""
    order = {rule.code: number for number, rule in enumerate(rules)}

    def follows(each: _Seen, cause: _Seen) -> bool:
        if not _covers(cause, each):
            return False
        return not _covers(each, cause) or order[cause.rule.code] < order[each.rule.code]

    return [each for each in seen if not any(follows(each, cause) for cause in seen)]


def _covers(cause: _Seen, other: _Seen) -> bool:
    if cause.severity is Severity.NOTE and other.severity is not Severity.NOTE:
        return False
    if other.rule.code in cause.rule.covers_all:
        return True
    if other.rule.code not in cause.rule.covers:
        return False
    subjects = (cause.problem.subject, *cause.problem.about)
    return any(_holds(subject, other.problem.subject) for subject in subjects)


def _holds(subject: str | None, other: str | None) -> bool:
    """Say whether both are the same, or the other is an attribute or an item of the first."""
    if subject is None or other is None:
        return subject is other
    return other == subject or other.startswith((f"{subject}.", f"{subject}["))


def _merged(seen: Iterable[_Seen]) -> list[_Seen]:
    """Make one problem of those that one rule sees in the members of one container on one line."""
    groups: dict[object, list[_Seen]] = {}
    repeats: Counter[object] = Counter()
    for each in seen:
        place = (each.rule.code, each.severity, each.problem.at)
        holder = _holder(each.problem.subject) if each.problem.at else None
        again = (*place, each.problem.subject)
        key = (*place, holder, repeats[again]) if holder else id(each)
        repeats[again] += 1
        groups.setdefault(key, []).append(each)
    return [_merge(group) if len(group) > 1 else group[0] for group in groups.values()]


def _holder(subject: str | None) -> str | None:
    """Return the container of a member, any index in it left open; None for an own attribute."""
    holder = re.sub(r"(\.\w+|\[[^\[\]]*\])$", "", subject or "self")
    return None if holder in ("self", subject) else re.sub(r"\[[^\[\]]*\]", "[]", holder)


def _merge(group: Sequence[_Seen]) -> _Seen:
    first = group[0].problem
    others = [f"`{each.problem.subject}`" for each in group[1:]]
    left = len(others) - _NAMES_SHOWN
    named = ", ".join(others[:_NAMES_SHOWN]) + (f" and {left} others" if left > 0 else "")
    return replace(
        group[0],
        problem=replace(
            first,
            subject=_common([each.problem.subject or "" for each in group]),
            message=f"{first.message} (and {len(others)} more of this line: {named})",
        ),
    )


def _common(subjects: Sequence[str]) -> str:
    """Return the innermost container of all: ``self.a`` for ``self.a[0]`` and ``self.a[1]``."""
    parts = [re.findall(r"^\w+|\.\w+|\[[^\[\]]*\]", subject) for subject in subjects]
    shared = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return "".join(shared) or subjects[0]


def _finding(seen: _Seen) -> Finding:
    rule, problem = seen.rule, seen.problem
    return Finding(
        code=rule.code,
        rule=rule.name,
        severity=seen.severity,
        subject=problem.subject,
        message=problem.message,
        help=problem.help or rule.help,
        location=source.span(problem.at) if problem.at else None,
        fingerprint="",
    )


class _Markers:
    """The markers in the source, and which of their entries suppressed something."""

    def __init__(self, facts: LayerFacts, rules: Sequence[Rule], wanted: set[str]) -> None:
        self.facts = facts
        self.rules = rules
        self.wanted = wanted
        self.used: set[tuple[Span, str]] = set()

    @cached_property
    def statement(self) -> source.ClassStatement | None:
        """The statement of the class, where its file has markers."""
        file, line = self.facts.file, self.facts.line
        if not file or not line or not (text := source.read(file)) or not text.markers:
            return None
        return source.class_statement(file, line)

    def suppress(self, findings: Iterable[Finding]) -> list[Finding]:
        """Mark the findings that a marker on their lines, or on the class line, names."""
        return [
            replace(finding, suppressed="inline") if self._is_suppressed(finding) else finding
            for finding in findings
        ]

    def _is_suppressed(self, finding: Finding) -> bool:
        hits = {
            (marker.span, entry)
            for marker in self._markers_for(finding.location)
            for entry in marker.entries
            if matches(entry, finding.code, finding.rule)
        }
        self.used |= hits
        return bool(hits)

    def _markers_for(self, location: Span | None) -> list[source.Marker]:
        found = []
        if location is not None and (text := source.read(location.file)):
            lines = range(location.line, (location.end_line or location.line) + 1)
            found += [marker for marker in text.markers if marker.span.line in lines]
        if self.statement and self.facts.file and (text := source.read(self.facts.file)):
            header = self.statement.header()
            found += [marker for marker in text.markers if marker.span.line in header]
        return found

    def unused(self) -> list[Finding]:
        """Return a note for each entry in the class that suppresses nothing, though it could."""
        rule = next((rule for rule in self.rules if rule.code == MARKER_RULE), None)
        text = source.read(self.facts.file) if self.facts.file else None
        if rule is None or rule.code not in self.wanted or not self.statement or not text:
            return []
        return [
            self._note(rule, marker, entry)
            for marker in text.markers
            if marker.span.line in self.statement.lines()
            for entry in marker.entries
            if (marker.span, entry) not in self.used and self._could_suppress(entry)
        ]

    def _note(self, rule: Rule, marker: source.Marker, entry: str) -> Finding:
        known = any(matches(entry, rule.code, rule.name) for rule in self.rules)
        why = "suppresses nothing" if known else "names no rule"
        message = f"`# layerdoctor: ignore[{entry}]` {why}"
        finding = _finding(_Seen(rule, Problem(entry, message, at=None)))
        return replace(finding, location=marker.span)

    def _could_suppress(self, entry: str) -> bool:
        """Say whether the silence of every rule that the entry names means something."""
        named = [rule for rule in self.rules if matches(entry, rule.code, rule.name)]
        return all(
            rule.code in self.wanted and rule.code != MARKER_RULE and self._ran(rule)
            for rule in named
        )

    def _ran(self, rule: Rule) -> bool:
        needed = _NEEDS.get(rule.code[:3])
        if needed in (Stage.TRACE, Stage.CONTRACT):
            skipped = any(check.status == "skipped" for check in self.facts.checks)
            return needed in self.facts.completed and not skipped
        return needed is None or needed in self.facts.completed


def _place(finding: Finding) -> tuple[bool, str, int, int, str, str]:
    at = finding.location
    file, line, column = (at.file, at.line, at.column or 0) if at else ("", 0, 0)
    return (at is None, file, line, column, finding.code, finding.subject or "")


def _fingerprinted(findings: Sequence[Finding], layer: str) -> tuple[Finding, ...]:
    """Give each finding a fingerprint that no edit elsewhere in the file changes."""
    ordinals: Counter[tuple[str, str]] = Counter()
    named = []
    for finding in findings:
        key = (finding.code, finding.subject or "")
        identity = "\0".join([*key, layer, str(ordinals[key])])
        ordinals[key] += 1
        digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:20]
        named.append(replace(finding, fingerprint=digest))
    return tuple(named)
