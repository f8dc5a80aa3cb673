"""The report for people: what was seen, what is the matter, and what to do about it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from layerdoctor.diagnosis import Diagnosis
from layerdoctor.facts import Failure, Gradient, LayerFacts, Stage
from layerdoctor.report import Report, Style
from layerdoctor.report.excerpt import excerpt
from layerdoctor.report.seen import seen
from layerdoctor.report.typesetting import COLORS, Typesetter
from layerdoctor.rule import Finding, Span
from layerdoctor.rules.wording import shape_of
from layerdoctor.target import Input

FRAMEWORKS = {"keras": "Keras 3", "tf_keras": "Keras 2", "tf.Module": "tf.Module"}

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (.+)')


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
    for diagnosis in report.diagnoses:
        yield from page.target(diagnosis)
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
        findings = [finding for finding in diagnosis.findings if finding.suppressed is None]
        if not (findings or self.shows_all):
            return
        yield self._header(facts)
        yield self._signature(facts)
        yield ""
        if self.shows_all:
            yield from seen(self.typesetter, facts)
            yield from self._not_run(facts)
        for finding in findings:
            yield from self._finding(finding, facts)

    def _header(self, facts: LayerFacts) -> Text:
        name = facts.class_name or facts.target
        args = ", ".join(f"{name}={value!r}" for name, value in facts.args.items())
        place = f"{facts.file}:{facts.line}" if facts.file and facts.line else facts.file
        framework = FRAMEWORKS.get(facts.framework or "", facts.framework)
        line = Text.assemble(
            (f"{self.typesetter.signs.rule} ", "dim"),
            self.text(name, "bold"),
            self.text(f"({args})"),
        )
        known_as = facts.id if facts.id not in (facts.target, name) else None
        for part in (known_as, framework, place):
            if part:
                line.append_text(self.text(f" {self.typesetter.signs.dot} {part}", "dim"))
        return line

    def _signature(self, facts: LayerFacts) -> Text:
        inputs = ", ".join(_input(given) for given in facts.inputs) or "no input"
        outputs = "not run"
        if facts.outputs is not None:
            outputs = ", ".join(f"{shape_of(o.shape)} {o.dtype}" for o in facts.outputs) or "none"
        return self.text(f"{inputs} {self.typesetter.signs.arrow} {outputs}")

    def _not_run(self, facts: LayerFacts) -> Iterator[RenderableType]:
        missing = [stage.value for stage in Stage if stage not in facts.completed]
        if missing:
            yield self.typesetter.labelled("not run:", self.text(", ".join(missing)), "yellow")
        for ask in facts.asks:
            yield self.typesetter.labelled("to see more:", self.typesetter.prose(ask), "cyan")
        if missing or facts.asks:
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
        yield Text.assemble(
            (f"{finding.severity.value}[{finding.code}]", color),
            self.text(f" {finding.rule}: ", "bold"),
            self.typesetter.prose(finding.message),
        )
        if finding.location is not None:
            yield excerpt(self.typesetter, finding.location, color)
        for label, body in self._notes(finding, facts):
            yield self.typesetter.labelled(f"  {label}:", body, "bold blue")
        yield self.typesetter.labelled("  help:", self.typesetter.prose(finding.help), "bold green")
        yield ""

    def _notes(self, finding: Finding, facts: LayerFacts) -> Iterator[tuple[str, Text]]:
        cut = _cut_path(finding, facts)
        if cut is not None:
            yield "path", self._path(*cut, finding.location)
        failure = _failure(finding, facts)
        if failure is not None:
            message = failure.message.strip()
            if "\n" in message:
                yield "raised", self.text(": ".join(filter(None, (failure.exception, message))))
            frames = _own_frames(failure, facts)
            if len(frames) > 1:
                yield "by way of", self.text("\n".join(frames))
            if failure.traceback and self.typesetter.style.verbose:
                yield "traceback", self.text(failure.traceback.strip(), "dim")

    def _path(self, subject: str, gradient: Gradient, span: Span | None) -> Text:
        signs = self.typesetter.signs
        path = Text.assemble(self.text(subject.removeprefix("self."), "bold"))
        for step in gradient.path:
            words = step.op
            if step.location is not None:
                own = span is not None and step.location.file == span.file
                place = "line " if own else f"{step.location.file}:"
                words += f" {place}{step.location.line}"
            path.append(f" {signs.arrow} ").append_text(self.text(words))
            if step.cut:
                path.append(f" {signs.cut}", "bold red")
        return path.append(f" {signs.arrow} output")

    def summary(self) -> Text:
        signs, report = self.typesetter.signs, self.report
        passed = report.exit_code == 0
        sign = (signs.good, "bold green") if passed else (signs.bad, "bold red")
        line = Text.assemble(sign, " ", (report.totals(), "bold"))
        worst = max(report.findings(), key=lambda each: each[1].severity.rank, default=None)
        if worst is not None:
            line.append_text(
                self.text(f" {signs.dot} learn more: layerdoctor rule {worst[1].code}")
            )
        return line


def _input(given: Input) -> str:
    shape = "" if given.shape is None else shape_of(given.shape)
    words = f"{f'{given.name}=' if given.name else ''}{given.npy or shape} {given.dtype}"
    if given.low is not None or given.high is not None:
        words += f" {_bound(given.low)}..{_bound(given.high)}"
    return f"{words} (guessed)" if given.inferred else words


def _bound(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _cut_path(finding: Finding, facts: LayerFacts) -> tuple[str, Gradient] | None:
    """Return whose path is cut on the line that the finding points at."""
    at, subject = finding.location, finding.subject
    if at is None or subject is None:
        return None
    carriers = [
        *((weight.attribute, weight.gradient) for weight in facts.weights),
        *((variable.attribute, variable.gradient) for variable in facts.untracked_variables),
        *((constant.name, constant.gradient) for constant in facts.constants),
    ]
    for name, gradient in carriers:
        own = name == subject or name.startswith((f"{subject}.", f"{subject}["))
        cuts = [step.location for step in gradient.path if step.cut and step.location]
        if own and any((cut.file, cut.line) == (at.file, at.line) for cut in cuts):
            return name, gradient
    return None


def _failure(finding: Finding, facts: LayerFacts) -> Failure | None:
    """Return the failure that the finding tells of: the one on its line whose words it uses."""
    for failure in facts.failures:
        at = failure.location and (failure.location.file, failure.location.line)
        here = finding.location and (finding.location.file, finding.location.line)
        if at == here and (failure.exception or "") in finding.message:
            return failure
    return None


def _own_frames(failure: Failure, facts: LayerFacts) -> list[str]:
    """Return the frames of the traceback that lie in the author's files, outermost first."""
    own = {os.path.abspath(file) for file in (*facts.local_files, facts.file) if file}
    return [
        f"{os.path.relpath(file).replace(os.sep, '/')}:{line} in {function}"
        for file, line, function in _FRAME.findall(failure.traceback or "")
        if os.path.abspath(file) in own
    ]
