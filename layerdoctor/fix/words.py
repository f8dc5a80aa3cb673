"""What a trial has shown, in words."""

from __future__ import annotations

from layerdoctor.fix.search import Outcome
from layerdoctor.fix.trial import Verdict

OUTPUTS = {
    "equal": "outputs equal",
    "finite": "outputs equal wherever they were finite",
    "start": "outputs equal at the start, and right once it is trained",
    "changed": "outputs changed, since they rested on what was found",
    None: "outputs could not be compared with those before",
}


def seen(verdict: Verdict, outcome: Outcome) -> str:
    """Return what was seen of a change that holds: ``gone, nothing new, outputs equal``."""
    finding = outcome.finding
    notes = {(each.code, each.subject) for each in verdict.notes}
    left = "a note is left" if (finding.code, finding.subject) in notes else "gone"
    words = f"{left}, nothing new, {OUTPUTS[verdict.outputs_of(outcome.targets)]}"
    codes = sorted({each.code for each in verdict.uncovered})
    return f"{words}; {', '.join(codes)} could not be seen before" if codes else words
