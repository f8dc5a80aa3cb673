"""Findings that are known and accepted, told by fingerprints that edits elsewhere do not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.output import write_report
from layerdoctor.rule import Finding
from layerdoctor.target import BadInput

SCHEMA = 1


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One accepted finding; what is not its fingerprint is there for readers."""

    layer: str
    code: str
    rule: str
    subject: str
    fingerprint: str
    targets: tuple[str, ...] = ()
    """The ids of the targets that have the finding."""
    reason: str | None = None
    """Why it is accepted; whoever keeps the file may add it by hand."""

    def words(self) -> str:
        """Return the entry as people call it: ``LD101 self.w of layers.Sample``."""
        return f"{' '.join(filter(None, (self.code, self.subject)))} of {self.layer}"


class _BaselineFile(msgspec.Struct):
    schema: int
    findings: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A set of accepted findings."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """Return what a file holds; raises ``BadInput`` where there is no such file."""
        try:
            document = msgspec.json.decode(file.read_bytes(), type=_BaselineFile)
        except OSError as error:
            raise BadInput(
                f"cannot read the baseline `{file}`: {error.strerror}; "
                f"make it with `--write-baseline {file}`"
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"`{file}` is no baseline: {error}") from None
        if document.schema != SCHEMA:
            raise BadInput(f"`{file}` has schema {document.schema}; expected {SCHEMA}")
        return cls(document.findings)

    @classmethod
    def of(cls, diagnoses: Sequence[Diagnosis]) -> Baseline:
        """Return one that accepts each finding that nothing in the source suppresses."""
        known: dict[str, Entry] = {}
        for diagnosis in diagnoses:
            for finding in diagnosis.findings:
                if finding.suppressed != "inline":
                    entry = _entry(diagnosis, finding)
                    before = known.get(entry.fingerprint, entry)
                    known[entry.fingerprint] = _with_targets(entry, before)
        return cls(tuple(sorted(known.values(), key=_order)))

    def text(self) -> str:
        """Return the file: JSON with a line for each entry, in an order that edits do not move."""
        lines = [f"    {msgspec.json.encode(entry).decode()}" for entry in self.entries]
        body = "\n" + ",\n".join(lines) + "\n  " if lines else ""
        return f'{{\n  "schema": {SCHEMA},\n  "findings": [{body}]\n}}\n'

    def accept(self, diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
        """Return the diagnoses with the findings that have an entry marked as suppressed."""
        if not self.entries:
            return tuple(diagnoses)
        known = {entry.fingerprint: entry for entry in self.entries}

        def marked(finding: Finding) -> Finding:
            entry = known.get(finding.fingerprint)
            if finding.suppressed is not None or entry is None:
                return finding
            return replace(finding, suppressed="baseline", reason=entry.reason)

        return tuple(
            replace(each, findings=tuple(map(marked, each.findings))) for each in diagnoses
        )

    def pruned(self, diagnoses: Sequence[Diagnosis], *, everything: bool) -> Baseline:
        """Return the baseline without the entries whose finding is gone.

        A finding is gone where its layer was examined to the end, as each target that had it, and
        does not have it. If ``everything`` was examined, it is gone with its layer and target, too.
        """
        if not self.entries:
            return self
        found = {entry.fingerprint for entry in self.of(diagnoses).entries}
        layers = {each.layer for each in diagnoses if each.facts.class_name}
        cut_short = {each.layer for each in diagnoses if not each.is_whole}
        examined = {each.facts.id for each in diagnoses}
        all_known = everything and all(each.facts.class_name for each in diagnoses)

        def stays(entry: Entry) -> bool:
            if entry.fingerprint in found or entry.layer in cut_short:
                return True
            if entry.layer not in layers:
                return not all_known
            return not everything and not examined.issuperset(entry.targets)

        return Baseline(tuple(filter(stays, self.entries)))

    def united(self, found: Baseline, *, everything: bool) -> Baseline:
        """Return both; of an entry that both have, the reason stays that stands in this one.

        So do its targets, unless ``everything`` was examined.
        """
        known = {entry.fingerprint: entry for entry in self.entries}
        for entry in found.entries:
            before = known.get(entry.fingerprint, entry)
            joined = entry if everything else _with_targets(entry, before)
            known[entry.fingerprint] = msgspec.structs.replace(joined, reason=before.reason)
        return Baseline(tuple(sorted(known.values(), key=_order)))


class Ledger:
    """The baseline that a run uses, and what the run makes of its file."""

    def __init__(
        self,
        *,
        use: Path | None,
        write: Path | None,
        prune: Path | None,
        every_rule: bool = True,
    ) -> None:
        """Read the file to use, to prune or to write anew; raises ``BadInput``.

        ``every_rule`` says that the run leaves out no rule that a baseline may hold entries of.
        """
        if write and prune:
            raise BadInput("give either `--write-baseline` or `--prune-baseline`")
        read = (write if write.is_file() else None) if write else prune or use
        self._known = Baseline.read(read) if read else Baseline()
        self._write = write
        self._prune = prune
        self._every_rule = every_rule
        self.stale: tuple[Entry, ...] = ()
        """The entries that accept nothing any more, and stay in the file."""

    def accept(self, diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
        """Return the diagnoses with what is accepted marked."""
        return self._known.accept(diagnoses)

    def update(self, diagnoses: Sequence[Diagnosis], *, everything: bool) -> None:
        """Write or prune the file, if that was asked for; raises ``output.Unwritable``.

        ``everything`` says whether all that the project has was examined. What was not looked at
        stays in the file.
        """
        needed = self._known
        if self._every_rule:
            needed = needed.pruned(diagnoses, everything=everything)
        if self._write:
            needed = needed.united(Baseline.of(diagnoses), everything=everything)
        if file := self._write or self._prune:
            self._known = needed
            write_report(needed.text(), file)
        self.stale = tuple(each for each in self._known.entries if each not in needed.entries)


def _order(entry: Entry) -> tuple[str, ...]:
    return (entry.layer, entry.code, entry.rule, entry.subject, entry.fingerprint)


def _with_targets(entry: Entry, other: Entry) -> Entry:
    both = tuple(sorted({*entry.targets, *other.targets}))
    return msgspec.structs.replace(entry, targets=both)


def _entry(diagnosis: Diagnosis, finding: Finding) -> Entry:
    return Entry(
        layer=diagnosis.layer or diagnosis.facts.target,
        code=finding.code,
        rule=finding.rule,
        subject=finding.subject or "",
        fingerprint=finding.fingerprint,
        targets=(diagnosis.facts.id,),
    )
