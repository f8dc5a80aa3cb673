"""From facts to findings: what the rules see, in order, without what merely follows."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from layerdoctor.facts import LayerFacts
from layerdoctor.judge import markers, source
from layerdoctor.judge.identity import identity
from layerdoctor.rule import Finding, Problem, Rule, Severity, is_within, matches
from layerdoctor.wording import are_alike, by_name, listed


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
    require_reason: bool = False,
) -> Diagnosis:
    """Judge the facts by the rules.

    ``select`` and ``ignore`` hold codes, prefixes of codes and names of rules; an empty ``select``
    selects all. A rule that is not selected still covers what merely follows from what it sees.
    The files that the facts name are read, for spans and for markers, and never run. ``root`` is
    the folder that tells two layers of one name apart, see ``identity``. With ``require_reason`` a
    marker that gives none suppresses nothing.
    """
    seen = [_Seen(rule, problem) for rule in rules for problem in rule.check(facts)]
    causes = _merged(_without_consequences(seen, rules), facts)
    wanted = _wanted(tuple(rules), tuple(select), tuple(ignore))
    findings = [_finding(each, facts) for each in causes if each.rule.code in wanted]
    marked = markers.Markers(facts, rules, wanted, require_reason=require_reason)
    findings = marked.suppress(findings)
    findings += marked.suppress(marked.notes(findings))
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
        if finding.code == markers.CODE
    )

    if not unused:
        return tuple(diagnoses)

    def stays(finding: Finding, diagnosis: Diagnosis) -> bool:
        if finding.code != markers.CODE:
            return True
        return unused[finding.location, finding.subject] == examined[_class(diagnosis)]

    return tuple(
        replace(each, findings=tuple(f for f in each.findings if stays(f, each)))
        for each in diagnoses
    )


def _class(diagnosis: Diagnosis) -> tuple[str | None, str | None]:
    return diagnosis.facts.class_name, diagnosis.facts.file


@lru_cache(maxsize=64)
def _wanted(
    rules: tuple[Rule, ...], select: tuple[str, ...], ignore: tuple[str, ...]
) -> frozenset[str]:
    """Return the codes of the rules that are looked at: the same for most targets of a run."""
    return frozenset(rule.code for rule in rules if _is_wanted(rule, select, ignore))


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
    return is_within(other, subject)


def _merged(seen: Iterable[_Seen], facts: LayerFacts) -> list[_Seen]:
    """Make one problem of those of one rule that are one defect.

    They say so, or they are in the members of one container on one line.
    """
    groups: dict[object, list[_Seen]] = {}
    repeats: Counter[object] = Counter()
    for each in seen:
        place = (each.rule.code, each.severity, each.problem.at)
        holder = _holder(each.problem.subject) if each.problem.at else None
        again = (*place, each.problem.subject)
        key: object = (*place, holder, repeats[again]) if holder else id(each)
        if each.problem.shared is not None:
            key = (each.rule.code, each.severity, each.problem.shared)
        repeats[again] += 1
        groups.setdefault(key, []).append(each)
    return [_merge(group, facts) if len(group) > 1 else group[0] for group in groups.values()]


def _holder(subject: str | None) -> str | None:
    """Return the container of a member, any index in it left open; None for an own attribute."""
    holder = re.sub(r"(\.\w+|\[[^\[\]]*\])$", "", subject or "self")
    return None if holder in ("self", subject) else re.sub(r"\[[^\[\]]*\]", "[]", holder)


def _merge(group: Sequence[_Seen], facts: LayerFacts) -> _Seen:
    first = group[0].problem
    subjects = [each.problem.subject or "" for each in group]
    lines = {each.problem.at for each in group}
    others = f"and {len(subjects) - 1} more{' of this line' * (len(lines) == 1)}"
    words = _in_every(subjects, facts) or f"{others}: {listed(subjects[1:])}"
    return replace(
        group[0],
        problem=replace(
            first,
            subject=_common(subjects) if len(lines) == 1 else first.subject,
            message=f"{first.message} ({words})",
            about=tuple(name for each in group for name in _all_of(each.problem)),
        ),
    )


def _in_every(subjects: Sequence[str], facts: LayerFacts) -> str | None:
    """Return "`Block`, in 12 of 12" of one attribute in several layers of the author's class."""
    if not are_alike(subjects):
        return None
    holders = [
        next((each for each in facts.layers or () if _holds(each.attribute, subject)), None)
        for subject in subjects
    ]
    names = {each.class_name if each and each.location else None for each in holders}
    if len(names) != 1 or (name := names.pop()) is None:
        return None
    of = sum(each.class_name == name for each in facts.layers or ())
    return f"`{name}`, in {len(subjects)} of {of}"


def _all_of(problem: Problem) -> tuple[str, ...]:
    own = () if problem.subject is None else (problem.subject,)
    return tuple(dict.fromkeys((*own, *problem.about)))


def _common(subjects: Sequence[str]) -> str:
    """Return the innermost container of all: ``self.a`` for ``self.a[0]`` and ``self.a[1]``."""
    parts = [re.findall(r"^\w+|\.\w+|\[[^\[\]]*\]", subject) for subject in subjects]
    shared = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return "".join(shared) or subjects[0]


def _finding(seen: _Seen, facts: LayerFacts) -> Finding:
    rule, problem = seen.rule, seen.problem
    of_module = rule.help_for_module if facts.framework == "tf.Module" else None
    return Finding(
        code=rule.code,
        rule=rule.name,
        severity=seen.severity,
        subject=problem.subject,
        message=by_name(problem.message, facts),
        help=problem.help or of_module or rule.help,
        location=source.span(problem.at) if problem.at else None,
        fingerprint="",
        about=problem.about if len(problem.about) > 1 else (),
    )


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
