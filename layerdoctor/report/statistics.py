"""How often each rule spoke."""

from __future__ import annotations

from collections import Counter

from layerdoctor.report import Report
from layerdoctor.rules import RULES


def render(report: Report) -> str:
    """Return a line for each rule with findings, the most frequent first: what counts, and what is
    suppressed. It is empty without findings.
    """
    shown = Counter(finding.code for _, finding in report.findings())
    every = Counter(f.code for diagnosis in report.diagnoses for f in diagnosis.findings)
    codes = {rule.code: rule for rule in RULES}
    lines = []
    for code in sorted(every, key=lambda code: (-shown[code], -every[code], code)):
        hidden = every[code] - shown[code]
        note = f" ({hidden} suppressed)" if hidden else ""
        lines.append(f"{shown[code]:>6}  {code}  {codes[code].name}{note}\n")
    return "".join(lines)
