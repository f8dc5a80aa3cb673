"""The report for people: what was seen, what is the matter, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from layerdoctor.facts import Gradient, LayerFacts, Stage
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.run import Report
from layerdoctor.report import Style, evidence, gravest_first, headline, verdict, worst_first
from layerdoctor.report.seen import seen
from layerdoctor.report.source.annotated import annotated
from layerdoctor.report.source.excerpt import excerpt
from layerdoctor.report.typesetting import COLORS, Typesetter
from layerdoctor.rule import Finding, Fix, Span

VERDICTS = {"good": "bold", "bad": "bold red", "not-run": "yellow"}
"""The styles of the answers of a verdict."""


def render(report: Report, style: Style) -> str:
    """Return the report as text of ``style.width`` columns.

    A report on one layer shows all that was seen of it; one on several shows the layers that have
    findings or could not be examined, and all of all of them where ``style.verbose``.
    """
    typesetter = Typesetter(style)
    return typesetter.rendered(parts(report, typesetter))


def parts(report: Report, typesetter: Typesetter) -> Iterator[RenderableType]:
    """Yield what the report consists of, from its top to its bottom."""
    page = _Page(report, typesetter)
    for diagnosis in worst_first(report):
        yield from page.target(diagnosis)
    yield from page.gone()
    yield page.summary()


class _Page:
    def __init__(self, report: Report, typesetter: Typesetter) -> None:
        self.report = report
        self.typesetter = typesetter
        self.text = typesetter.text
        style = typesetter.style
        self.shows_all = style.verbose or (len(report.diagnoses) == 1 and not style.quiet)

    def target(self, diagnosis: Diagnosis) -> Iterator[RenderableType]:
        facts = diagnosis.facts
        if facts.error is not None:
            yield from self._refusal(facts)
            return
        findings = gravest_first(diagnosis)
        if not (findings or self.shows_all):
            return
        yield from self._header(facts)
        yield self._signature(facts)
        yield self._verdict(facts)
        yield ""
        if self.typesetter.style.verbose:
            yield from annotated(self.typesetter, facts, diagnosis.findings)
        if self.shows_all:
            yield from seen(self.typesetter, facts)
            yield from self._not_run(facts)
        for finding in findings:
            yield from self._finding(finding, facts)

    def _header(self, facts: LayerFacts) -> Iterator[RenderableType]:
        name, args = headline.name(facts), headline.arguments(facts)
        signs = self.typesetter.signs
        line = Text.assemble(
            (f"{signs.rule * 2} ", "dim"), self.text(name, "bold"), self.text(f"({args}) ")
        )
        room = self.typesetter.style.width - cell_len(line.plain)
        if room > 0 and len(self.report.diagnoses) > 1:
            line.append(signs.rule * room, "dim")
        yield line
        about = []
        if facts.id not in (facts.target, name):
            about.append(self.text(facts.id, "dim"))
        if facts.class_name not in (None, name):
            about.append(self.text(facts.class_name or "", "dim"))
        if headline.framework(facts):
            about.append(self.text(headline.framework(facts) or "", "dim"))
        if facts.file:
            about.append(self.typesetter.place(facts.file, headline.place(facts) or "", "dim"))
        if about:
            yield Text(f" {signs.dot} ", "dim").join(about)

    def _signature(self, facts: LayerFacts) -> Text:
        arrow = self.typesetter.signs.arrow
        return self.text(f"{headline.inputs(facts)} {arrow} {headline.outputs(facts)}")

    def _verdict(self, facts: LayerFacts) -> Text:
        dot = Text(f" {self.typesetter.signs.dot} ", "dim")
        return dot.join(
            self.text(answer.words, VERDICTS[answer.state]) for answer in verdict.answers(facts)
        )

    def _not_run(self, facts: LayerFacts) -> Iterator[RenderableType]:
        missing = headline.not_run(facts) if Stage.CALL in facts.completed else []
        if missing:
            yield self.typesetter.labelled("not run:", self.text(", ".join(missing)), "yellow")
        asks = headline.asks(facts, all_of_them=self.typesetter.style.verbose)
        for ask in asks:
            if ask.startswith(headline.QUIET):
                dot = self.typesetter.signs.dot
                yield self.typesetter.prose(ask.replace("·", dot), "dim")
            else:
                yield self.typesetter.labelled("to see more:", self.typesetter.prose(ask), "cyan")
        if missing or asks:
            yield ""

    def _refusal(self, facts: LayerFacts) -> Iterator[RenderableType]:
        error = facts.error
        if error is None:
            return
        skipped = facts.status == "skipped"
        yield Text.assemble(
            (f"{facts.status}[{error.kind}]", "bold yellow" if skipped else "bold red"),
            self.text(f" {facts.id}: ", "bold"),
            self.typesetter.prose(error.message),
        )
        for ask in facts.asks:
            yield self.typesetter.labelled("  help:", self.typesetter.prose(ask), "cyan")
        if error.traceback and self.typesetter.style.verbose:
            yield self.typesetter.indented(self.text(error.traceback.rstrip(), "dim"))
        yield ""

    def _finding(self, finding: Finding, facts: LayerFacts) -> Iterator[RenderableType]:
        color = COLORS[finding.severity]
        changes = self.report.changes
        yield Text.assemble(
            ("new ", "bold") if changes is not None and changes.is_new(finding) else "",
            (f"{finding.severity.value}[{finding.code}]", color),
            self.text(f" {finding.rule}: ", "bold"),
            self.typesetter.prose(finding.message),
        )
        if finding.location is not None:
            yield excerpt(self.typesetter, finding.location, color)
        for label, body in self._notes(finding, facts):
            yield self.typesetter.labelled(f"  {label}:", body, "bold blue")
        remedy = self._fix(finding.fix) if finding.fix else self.typesetter.prose(finding.help)
        yield self.typesetter.labelled("  help:", remedy, "bold green")
        yield ""

    def _fix(self, fix: Fix) -> Text:
        """Return what was seen of a change, and the change."""
        lines = [self.text(f"tried: {fix.tried}")]
        colors = {"+": "green", "-": "red", "@": "cyan"}
        for line in fix.diff.splitlines():
            lines.append(self.text(line, colors.get(line[:1], "")))
        return Text("\n").join(lines)

    def gone(self) -> Iterator[RenderableType]:
        """Yield a line for each finding that the last look had and this one has not."""
        if self.report.changes is None or not self.report.changes.gone:
            return
        for finding in self.report.changes.gone:
            yield Text.assemble(
                ("gone ", "bold green"),
                self.text(f"{finding.severity.value}[{finding.code}] {finding.rule}: ", "dim"),
                self.typesetter.prose(finding.message, "dim"),
            )
        yield ""

    def _notes(self, finding: Finding, facts: LayerFacts) -> Iterator[tuple[str, Text]]:
        cut = evidence.cut_path(finding, facts)
        if cut is not None:
            yield "path", self._path(*cut, finding.location)
        failure = evidence.failure(finding, facts)
        if failure is not None:
            message = failure.message.strip()
            if "\n" in message:
                yield "raised", self.text(": ".join(filter(None, (failure.exception, message))))
            frames = evidence.own_frames(failure, facts)
            if len(frames) > 1:
                yield "by way of", self.text("\n".join(frames))
            if failure.traceback and self.typesetter.style.verbose:
                yield "traceback", self.text(failure.traceback.strip(), "dim")

    def _path(self, subject: str, gradient: Gradient, span: Span | None) -> Text:
        signs = self.typesetter.signs
        path = Text()
        for words, cuts in evidence.steps(subject, gradient, span):
            if path:
                path.append(f" {signs.arrow} ")
            path.append_text(self.text(words, "" if path else "bold"))
            if cuts:
                path.append(f" {signs.cut}", "bold red")
        return path

    def summary(self) -> Text:
        signs, report = self.typesetter.signs, self.report
        worst = max(report.findings(), key=lambda each: each[1].severity.rank, default=None)
        sign = (signs.good, "bold green")
        if worst is not None:
            sign = (signs.severities[worst[1].severity], COLORS[worst[1].severity])
        elif report.exit_code:
            sign = (signs.bad, "bold red")
        line = Text.assemble(sign, " ", (report.totals(), "bold"), "; ", report.outcome())
        if worst is not None:
            line.append_text(
                self.text(f" {signs.dot} learn more: layerdoctor rule {worst[1].code}")
            )
        return line
