"""The author's source with what was seen marked on its lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from layerdoctor.facts import Gradient, LayerFacts, Location, UntrackedVariable, Weight
from layerdoctor.judge import source
from layerdoctor.report.headline import shown_file
from layerdoctor.report.picture import flow
from layerdoctor.report.tables import told
from layerdoctor.rule import Finding, Severity
from layerdoctor.wording import counted, listed, shape_of, shared_name, size_of

SHORT = 60
"""A file of at most so many lines is shown whole."""
CONTEXT = 2
"""How many lines around a mark are shown."""
ALONE = 3
"""Above this, weights that one line makes share a mark."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something seen on a line: words beside it."""

    kind: str
    """``weight``, ``variable``, ``layer``, ``constant``, ``cut`` or ``nonfinite``."""
    words: str
    state: str
    """As the states of ``flow``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLine:
    """A line of source."""

    number: int
    text: str
    state: str = ""
    """The state of the gradient that comes back through it, ``cut``, or empty."""
    marks: tuple[Mark, ...] = ()
    spans: tuple[tuple[int, int, Severity], ...] = ()
    """The columns that findings point at, from 0, the end excluded."""
    findings: tuple[Finding, ...] = ()
    """Those whose span ends here."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines left out; both ends are included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What is shown of one file, in the order of its lines."""

    source: source.SourceText
    lines: tuple[ListedLine | Gap, ...]


def listings(facts: LayerFacts, findings: Sequence[Finding]) -> tuple[Listing, ...]:
    """Return the layer's own file and every other that something is marked in, as far as at hand.

    A finding is shown on a line where its file is at hand and its line exists.
    """
    marks = _marks(facts)
    states = flow.states(facts)
    ending: dict[flow.Place, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.location:
            at = finding.location
            ending[at.file, at.end_line or at.line].append(finding)
    files = dict.fromkeys(
        [*([facts.file] if facts.file else []), *(file for file, _ in [*ending, *marks, *states])]
    )
    shown = []
    for file in files:
        text = source.read(file)
        if text is not None:
            shown.append(_ListedFile(facts, text, states, marks, ending).listing())
    return tuple(shown)


class _ListedFile:
    """One file on its way to a listing."""

    def __init__(
        self,
        facts: LayerFacts,
        text: source.SourceText,
        states: dict[flow.Place, str],
        marks: dict[flow.Place, list[Mark]],
        ending: dict[flow.Place, list[Finding]],
    ) -> None:
        self.facts = facts
        self.source = text
        self.states = _of_file(states, text.file)
        self.marks = _of_file(marks, text.file)
        self.ending = _of_file(ending, text.file)
        self.count = len(text.lines) - (not text.lines[-1])

    def listing(self) -> Listing:
        lines: list[ListedLine | Gap] = []
        next_line = 1
        for number in self._shown():
            if number > next_line:
                lines.append(Gap(next_line, number - 1))
            lines.append(self._line(number))
            next_line = number + 1
        if next_line <= self.count:
            lines.append(Gap(next_line, self.count))
        return Listing(self.source, tuple(lines))

    def _shown(self) -> list[int]:
        if self.count <= SHORT:
            return list(range(1, self.count + 1))
        shown: set[int] = set()
        own = shown_file(self.source.file) == self.source.file  # no library's, which is long
        if own and self.source.file == self.facts.file and self.facts.line:
            statement = source.class_statement(self.source.file, self.facts.line)
            shown.update(statement.lines() if statement else ())
        firsts = [f.location.line for group in self.ending.values() for f in group if f.location]
        for number in (*self.states, *self.marks, *self.ending, *firsts):
            shown.update(range(number - CONTEXT, number + CONTEXT + 1))
        lone = {number + 1 for number in shown if number + 2 in shown}
        return sorted(number for number in shown | lone if 1 <= number <= self.count)

    def _line(self, number: int) -> ListedLine:
        return ListedLine(
            number=number,
            text=self.source.line(number),
            state=self.states.get(number, ""),
            marks=tuple(self.marks.get(number, ())),
            spans=tuple(self._spans(number)),
            findings=tuple(self.ending.get(number, ())),
        )

    def _spans(self, number: int) -> Iterator[tuple[int, int, Severity]]:
        for group in self.ending.values():
            for finding in group:
                at = finding.location
                if at is None or at.column is None or finding.suppressed:
                    continue
                last = at.end_line or at.line
                if at.line <= number <= last:
                    code = self.source.code(number) or (0, 0)
                    start = at.column - 1 if number == at.line else code[0]
                    end = (at.end_column or at.column) - 1 if number == last else code[1]
                    yield start, end, finding.severity


def _of_file(places: dict[flow.Place, Any], file: str) -> dict[int, Any]:
    return {line: value for (name, line), value in places.items() if name == file}


def _marks(facts: LayerFacts) -> dict[flow.Place, list[Mark]]:
    marks: dict[flow.Place, list[Mark]] = defaultdict(list)
    for location, mark in _each(facts):
        if location is not None and mark not in marks[location.file, location.line]:
            marks[location.file, location.line].append(mark)
    for (file, line), ends in flow.cuts(facts).items():
        names = listed(dict.fromkeys(name for name, _ in ends))
        ops = ", ".join(dict.fromkeys(op for _, op in ends if op))
        at = f" at {ops}" if ops else ""
        marks[file, line].append(Mark("cut", f"the gradient of {names} ends here{at}", "cut"))
    return dict(marks)


def _each(facts: LayerFacts) -> Iterator[tuple[Location | None, Mark]]:
    for weights in _together(facts.weights):
        yield from _variables(weights, "weight")
    for variables in _together(facts.untracked_variables):
        yield from _variables(variables, "variable")
    for layers in _together(facts.untracked_layers):
        name = shared_name(layer.attribute for layer in layers)
        classes = ", ".join(dict.fromkeys(layer.class_name for layer in layers))
        yield layers[0].location, Mark("layer", f"{name}: {classes} untracked", "unknown")
    for constant in facts.constants:
        words = f"{constant.name} {shape_of(constant.shape)} {size_of(constant.bytes)}"
        yield constant.location, Mark("constant", words, "idle")
    for value in facts.nonfinite or ():
        what = value.subject if value.where == "output" else f"the gradient of {value.subject}"
        inputs = "inputs of zeros" if value.inputs == "zeros" else f"{value.inputs} inputs"
        mark = Mark("nonfinite", f"{value.value} in {what} for {inputs}", "nonfinite")
        yield value.location, mark


class _Placed(Protocol):
    """What has a line that made it."""

    @property
    def location(self) -> Location | None:
        """The author's line."""


_Thing = TypeVar("_Thing", bound=_Placed)


def _together(things: Iterable[_Thing]) -> list[list[_Thing]]:
    """Group by the line that made them; what has none is left out."""
    made: dict[flow.Place, list[_Thing]] = defaultdict(list)
    for thing in things:
        if thing.location is not None:
            made[thing.location.file, thing.location.line].append(thing)
    return list(made.values())


def _variables(
    group: Sequence[Weight | UntrackedVariable], kind: str
) -> Iterator[tuple[Location | None, Mark]]:
    untracked = " untracked" if kind == "variable" else ""
    states = Counter(_state(each.gradient, each.trainable) for each in group)
    if len(group) <= ALONE:
        for each in group:
            words = f"{each.attribute} {shape_of(each.shape)}{untracked} {_gradient(each.gradient)}"
            yield each.location, Mark(kind, words, _state(each.gradient, each.trainable))
        return
    worst = next(state for state in WORST if state in states)
    name = shared_name(each.attribute for each in group)
    told_of = ", ".join(f"{count} {WORDS[state]}" for state, count in states.items())
    noun = counted(len(group), kind)
    yield group[0].location, Mark(kind, f"{noun}{untracked} {name}: {told_of}", worst)


WORST = ("nonfinite", "lost", "zero", "flows", "unknown", "idle")
WORDS = {
    "nonfinite": "NaN or infinite",
    "lost": "no gradient",
    "zero": "zero",
    "flows": "flow",
    "unknown": "not observed",
    "idle": "not trained",
}


def _state(gradient: Gradient, trainable: bool) -> str:
    if not trainable or gradient.status == "not-applicable":
        return "idle"
    return {"none": "lost", "not-run": "unknown"}.get(gradient.status, gradient.status)


def _gradient(gradient: Gradient) -> str:
    if gradient.status == "not-applicable":
        return "not trained"
    if gradient.status == "not-run":
        return "gradient not run"
    norm = "norm " if gradient.status == "flows" and not gradient.modes else ""
    return f"gradient {norm}{told(gradient)}"


def unplaced(listed_files: Iterable[Listing], findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no listing shows."""
    shown = {
        id(finding)
        for listing in listed_files
        for line in listing.lines
        if isinstance(line, ListedLine)
        for finding in line.findings
    }
    return [finding for finding in findings if id(finding) not in shown]
