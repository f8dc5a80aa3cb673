"""What is new and what is gone from one look at the same layers to the next."""

from __future__ import annotations

from dataclasses import replace

from layerdoctor.judge.run import Changes, Report
from layerdoctor.rule import Finding


class ChangeTracker:
    """The findings that are known from the looks so far."""

    def __init__(self) -> None:
        self._known: dict[str, Finding] | None = None

    def compared(self, report: Report) -> Report:
        """Return the report of the next look with what has changed; nothing has in the first.

        Where a layer could not be examined to the end, what it does not show is not gone.
        """
        found = {finding.fingerprint: finding for _, finding in report.findings()}
        known, self._known = self._known, found
        if known is None:
            return report
        missing = {mark: finding for mark, finding in known.items() if mark not in found}
        if not all(diagnosis.is_whole for diagnosis in report.diagnoses):
            self._known = found | missing
            missing = {}
        changes = Changes(frozenset(found.keys() - known.keys()), tuple(missing.values()))
        return replace(report, changes=changes)
