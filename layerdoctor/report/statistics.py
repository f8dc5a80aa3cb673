"""How often each rule spoke."""

from __future__ import annotations

from collections import Counter

from layerdoctor.judge.run import Report


def render(report: Report) -> str:
    """Return a line for each rule that spoke, the most frequent first; empty where none did."""
    every = [finding for diagnosis in report.diagnoses for finding in diagnosis.findings]
    names = {finding.code: finding.rule for finding in every}
    shown = Counter(finding.code for finding in every if finding.suppressed is None)
    hidden = Counter(finding.code for finding in every if finding.suppressed is not None)
    lines = []
    for code in sorted(names, key=lambda code: (-shown[code], -hidden[code], code)):
        note = f" ({hidden[code]} suppressed)" if hidden[code] else ""
        lines.append(f"{shown[code]:>6}  {code}  {names[code]}{note}\n")
    return "".join(lines)
