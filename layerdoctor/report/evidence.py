"""What of the facts a finding rests on: the path that is cut, the failure that it tells of."""

from __future__ import annotations

import os
import re

from layerdoctor.facts import Failure, Gradient, LayerFacts
from layerdoctor.notebooks.pieces import whole
from layerdoctor.report.headline import shown_file
from layerdoctor.rule import Finding, Span
from layerdoctor.wording import by_name

LONGEST = 12
"""How many operations of a path are shown; of a longer one its beginning and its end."""
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (.+)')


def cut_path(finding: Finding, facts: LayerFacts) -> tuple[str, Gradient] | None:
    """Return whose path is cut on the line that the finding points at."""
    at = finding.location
    if at is None:
        return None
    carriers = [
        *((weight.attribute, weight.gradient) for weight in facts.weights),
        *((variable.attribute, variable.gradient) for variable in facts.untracked_variables),
        *((constant.name, constant.gradient) for constant in facts.constants),
    ]
    for name, gradient in carriers:
        cuts = [step.location for step in gradient.path if step.cut and step.location]
        own = finding.is_about(name)
        if own and any((cut.file, cut.line) == (at.file, at.line) for cut in cuts):
            return by_name(name, facts), gradient
    return None


def steps(subject: str, gradient: Gradient, span: Span | None) -> list[tuple[str, bool]]:
    """Return the stations of a path in words, from subject to output, and whether each cuts."""
    words = [(subject.removeprefix("self."), False)]
    middle = len(gradient.path) - LONGEST
    begin, end = gradient.path[: LONGEST // 2], gradient.path[-LONGEST // 2 :]
    shown = (*begin, None, *end) if middle > 0 else gradient.path
    for step in shown:
        if step is None:
            words.append((f"… {middle} more …", False))
            continue
        place = ""
        if step.location is not None:
            own = span is not None and step.location.file == span.file
            place = f" line {step.location.line}"
            if not own:
                place = f" {shown_file(step.location.file)}:{step.location.line}"
        words.append((f"{step.op}{place}", step.cut))
    return [*words, ("output", False)]


def failure(finding: Finding, facts: LayerFacts) -> Failure | None:
    """Return the failure that the finding tells of: the one on its line whose words it uses."""
    for each in facts.failures:
        at = each.location and (each.location.file, each.location.line)
        here = finding.location and (finding.location.file, finding.location.line)
        if at == here and (each.exception or "") in finding.message:
            return each
    return None


def own_frames(failed: Failure, facts: LayerFacts) -> list[str]:
    """Return the frames of the traceback that lie in the author's files, outermost first."""
    own = {os.path.abspath(file) for file in (*facts.local_files, facts.file) if file}
    return [
        f"{os.path.relpath(file).replace(os.sep, '/')}:{line} in {function}"
        for file, line, function in _FRAME.findall(failed.traceback or "")
        if os.path.abspath(file) in own or os.path.abspath(whole(file)) in own
    ]
