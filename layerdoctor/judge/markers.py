"""The ``# layerdoctor: ignore[...]`` comments: what they suppress, and which do nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from functools import cached_property

from layerdoctor.facts import LayerFacts
from layerdoctor.judge import source
from layerdoctor.rule import Finding, Rule, Span, matches, nearest_rule

CODE = "LD901"


class Markers:
    """The markers in the source of one layer, and which of their entries suppressed something."""

    def __init__(
        self,
        facts: LayerFacts,
        rules: Sequence[Rule],
        wanted: Set[str],
        *,
        require_reason: bool = False,
    ) -> None:
        self._facts = facts
        self._rules = rules
        self._wanted = wanted
        self._require_reason = require_reason
        self._used: set[tuple[Span, str]] = set()

    def suppress(self, findings: Iterable[Finding]) -> list[Finding]:
        """Mark the findings that a marker on their lines, or on the class line, names."""
        return [self._marked(finding) for finding in findings]

    def notes(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return a note for each marker in the class that does not do what its author meant."""
        rule = next((rule for rule in self._rules if rule.code == CODE), None)
        text = source.read(self._facts.file) if self._facts.file else None
        if rule is None or rule.code not in self._wanted or not self._statement or not text:
            return []
        return [
            _note(rule, marker, entry, message)
            for marker in text.markers
            if marker.span.line in self._statement.lines()
            for entry, message in self._faults(marker, findings)
        ]

    def _faults(
        self, marker: source.Marker, findings: Sequence[Finding]
    ) -> Iterator[tuple[str | None, str]]:
        """Yield the entry and the words for each thing that is wrong with a marker."""
        if not marker.entries:
            here = [each.code for each in findings if marker in self._markers_for(each.location)]
            write = ", ".join(dict.fromkeys(here)) or "CODE"
            yield None, f"`# layerdoctor: ignore` names no rule; write `ignore[{write}]`"
            return
        if self._lacks_reason(marker):
            entries = ", ".join(marker.entries)
            yield (
                entries,
                f"`# layerdoctor: ignore[{entries}]` suppresses nothing without a reason, which "
                "`require-reason` asks for; write it behind the bracket",
            )
            return
        for entry in marker.entries:
            if (marker.span, entry) not in self._used and self._could_suppress(entry):
                yield entry, f"`# layerdoctor: ignore[{entry}]` {self._why_unused(entry)}"

    def _why_unused(self, entry: str) -> str:
        if self._named(entry):
            return "suppresses nothing"
        return f"names no rule{nearest_rule(entry, self._rules)}"

    @cached_property
    def _statement(self) -> source.ClassSpan | None:
        """The statement of the class, where its file has markers."""
        file, line = self._facts.file, self._facts.line
        if not file or not line or not (text := source.read(file)) or not text.markers:
            return None
        return source.class_statement(file, line)

    def _marked(self, finding: Finding) -> Finding:
        hits = [
            (marker, entry)
            for marker in self._markers_for(finding.location)
            for entry in marker.entries
            if matches(entry, finding.code, finding.rule) and not self._lacks_reason(marker)
        ]
        if not hits:
            return finding
        self._used.update((marker.span, entry) for marker, entry in hits)
        reasons = [marker.reason for marker, _ in hits if marker.reason]
        return replace(finding, suppressed="inline", reason=reasons[0] if reasons else None)

    def _lacks_reason(self, marker: source.Marker) -> bool:
        return self._require_reason and marker.reason is None

    def _markers_for(self, location: Span | None) -> list[source.Marker]:
        found = []
        if location is not None and (text := source.read(location.file)):
            lines = range(location.line, (location.end_line or location.line) + 1)
            found += [marker for marker in text.markers if marker.span.line in lines]
        if self._statement and self._facts.file and (text := source.read(self._facts.file)):
            header = self._statement.header()
            found += [marker for marker in text.markers if marker.span.line in header]
        return found

    def _named(self, entry: str) -> list[Rule]:
        return [rule for rule in self._rules if matches(entry, rule.code, rule.name)]

    def _could_suppress(self, entry: str) -> bool:
        """Say whether the silence of every rule that the entry names means something."""
        return all(
            rule.code in self._wanted and rule.code != CODE and rule.has_run(self._facts)
            for rule in self._named(entry)
        )


def _note(rule: Rule, marker: source.Marker, entry: str | None, message: str) -> Finding:
    return Finding(
        code=rule.code,
        rule=rule.name,
        severity=rule.severity,
        subject=entry,
        message=message,
        help=rule.help,
        location=marker.span,
        fingerprint="",
    )
