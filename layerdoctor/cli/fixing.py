"""What `fix` prints: diffs, and under each a line a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerdoctor.cli.printing import tell
from layerdoctor.exits import FINDINGS, REFUSED
from layerdoctor.fix import patch, words, writing
from layerdoctor.fix.search import Cure, Outcome, remedies
from layerdoctor.judge.run import Report
from layerdoctor.rule import Finding
from layerdoctor.wording import counted


def rendered(cure: Cure, *, color: bool, verbose: bool) -> str:
    """Return the diff of a file and what became of its findings; ``verbose`` says why not."""
    text = patch.diff(cure.source.file, cure.source.data, cure.data)
    lines = [*_painted(text)] if color else [text]
    lines += [f"{_named(each.finding)}: {_told(each)}\n" for each in cure.cured]
    if verbose:
        failed = [each for each in cure.outcomes if each not in cure.cured]
        lines += [f"{_named(each.finding)}: {_untold(each)}\n" for each in failed]
    return "".join(lines)


def untried(report: Report, cures: Sequence[Cure]) -> str:
    """Return a line for each finding that nothing was tried for."""
    tried = {each.finding.problem for cure in cures for each in cure.outcomes}
    left = {each.problem: each for _, each in report.findings() if each.problem not in tried}
    return "".join(f"{_named(each)}: {_unasked(each)}\n" for each in left.values())


def _unasked(finding: Finding) -> str:
    if remedies(finding.code):
        return f"not tried, as it may be meant: ask for it by `--select {finding.code}`"
    return "no remedy: what to write instead is the author's to decide"


def _told(outcome: Outcome) -> str:
    assert outcome.verdict is not None
    return f"tried: {words.seen(outcome.verdict, outcome)}"


def _untold(outcome: Outcome) -> str:
    if outcome.verdict is None:
        return "no remedy applies to this code"
    return f"tried and not shown: {outcome.verdict.reason}"


def _named(finding: Finding) -> str:
    return f"{finding.code} {finding.subject}" if finding.subject else finding.code


def _painted(text: str) -> Iterator[str]:
    """Yield the lines of a diff in the colours that people know."""
    colors = {"+": "32", "-": "31", "@": "36"}
    for line in patch.lines(text):
        color = "1" if line.startswith(("+++ ", "--- ")) else colors.get(line[:1])
        body = line.rstrip("\r\n")
        yield f"\x1b[{color}m{body}\x1b[0m{line[len(body) :]}" if color else line


def tell_refused(report: Report) -> None:
    """Say what could not be examined, so that nothing is tried on it."""
    for facts in (diagnosis.facts for diagnosis in report.diagnoses):
        if facts.error is not None:
            tell(f"{facts.target} was not examined: {facts.error.message}")


def written(cures: Sequence[Cure], *, allow_dirty: bool) -> list[Cure]:
    """Write what holds; tell of each file that is left as it is, and return those written.

    Cells of one notebook share a file, so that all are looked at before the first is written.
    """
    proved = [cure for cure in cures if cure.cured]
    refusals = [writing.refusal(cure, allow_dirty=allow_dirty) for cure in proved]
    done = []
    for cure, refused in zip(proved, refusals, strict=True):
        if (why := refused or writing.write(cure)) is None:
            done.append(cure)
        else:
            tell(why)
    return done


def closing(report: Report, cures: Sequence[Cure], applied: Sequence[Cure] | None) -> str:
    """Return the line that a run ends with: how many findings are cured, in how many files."""
    total = len({each.problem for _, each in report.findings()})
    if not total:
        return "no findings"
    proved = applied if applied is not None else [cure for cure in cures if cure.cured]
    number = sum(len(cure.cured) for cure in proved)
    verb = "cured" if applied is not None else "can be cured"
    files = f" in {counted(len({cure.source.path for cure in proved}), 'file')}" if proved else ""
    return f"{number} of {counted(total, 'finding')} {verb}{files}"


def exit_code(report: Report, cures: Sequence[Cure], applied: Sequence[Cure] | None) -> int:
    """Return what the run comes to; ``applied`` are the files written, None without `--apply`."""
    proved = [cure for cure in cures if cure.cured]
    if report.exit_code > FINDINGS:
        return report.exit_code
    if applied is None:
        return FINDINGS if proved else 0
    if len(applied) < len(proved):
        return REFUSED
    gone = {each.finding.problem for cure in applied for each in cure.cured}
    left = (each for _, each in report.findings() if report.fails(each))
    return FINDINGS if any(each.problem not in gone for each in left) else 0
