"""Examining a layer in this process, and reading what its source says has to be told."""

from __future__ import annotations

import ast
import contextlib
import functools
import re
from dataclasses import dataclass
from pathlib import Path

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.probe.examination.examination import Examination
from layerdoctor.protocol import Message, Observed, StageBegan
from layerdoctor.rule import Finding, Severity
from layerdoctor.rules import RULES
from layerdoctor.target import Input, Target, parse_input

HERE = Path(__file__).parent
LAYERS = HERE / "layers"
MARKER = re.compile(r"#.*?\b(?P<rule>[a-z]+-[a-z-]+|left): (?P<names>[\w ]+?)(?: at (?P<at>\w+))?$")
LEFT = "cut-gradient"
"""What is told of values that leave TensorFlow."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding that a layer's source asks for."""

    rule: str
    name: str
    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """One layer of a module, what it is called with and what has to be told of it."""

    module: str
    name: str
    inputs: tuple[Input, ...]
    told: frozenset[Told]

    @property
    def id(self) -> str:
        return f"{self.module}.{self.name}"


@functools.cache
def cases(module: str) -> list[Case]:
    """Return the layers of a module, those left out that say they are a part of others."""
    path = LAYERS / f"{module}.py"
    lines = path.read_text().splitlines()
    classes = {
        node.name: (node.lineno, node.end_lineno or node.lineno)
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.ClassDef)
    }
    found = []
    for name, (first, last) in classes.items():
        head = lines[first - 1].partition("#")[2]
        if head.strip() == "part":
            continue
        shapes = re.search(r"inputs: ((?:[\d:,.a-z]+ ?)+?)(?: with|;|$)", head)
        told = set(_told(path, lines, first, last))
        for part in re.findall(r"with: (\w+)", head):
            told |= set(_told(path, lines, *classes[part]))
        inputs = tuple(parse_input(text) for text in (shapes[1] if shapes else "4,5").split())
        found.append(Case(module, name, inputs, frozenset(told)))
    return found


def _told(path: Path, lines: list[str], first: int, last: int) -> list[Told]:
    found = []
    for number in range(first, last + 1):
        marker = MARKER.search(lines[number - 1])
        if marker is None:
            continue
        file, line = path.name, None if number == first else number
        if marker["at"]:
            file, line = _place(marker["at"])
        rule = LEFT if marker["rule"] == "left" else marker["rule"]
        found += [Told(rule, name, file, line) for name in marker["names"].split()]
    return found


def _place(name: str) -> tuple[str, int]:
    lines = (LAYERS / "helpers.py").read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.endswith(f"# {name}")]
    return "helpers.py", number


def examine(case: Case) -> LayerFacts:
    """Return the facts of a layer."""
    target = Target(
        id=case.name,
        target=f"layers.{case.module}:{case.name}",
        inputs=case.inputs,
        app_dirs=(str(HERE),),
    )
    parts: dict[str, object] = {}

    def note(message: Message) -> None:
        if message == StageBegan(Stage.CONTRACT):
            raise Enough
        if isinstance(message, Observed):
            parts.update(message.fields)

    with contextlib.suppress(Enough):
        Examination(target, note).run()
    return LayerFacts(id=target.id, target=target.target, **parts)  # type: ignore[arg-type]


class Enough(BaseException):
    """What is looked at has been observed."""


def findings(facts: LayerFacts) -> list[Finding]:
    """Return the errors and warnings on gradients and failures."""
    return [
        finding
        for finding in diagnose(facts, RULES).findings
        if finding.severity is not Severity.NOTE and finding.code[:3] in ("LD0", "LD2")
    ]


def matches(told: Told, finding: Finding) -> bool:
    """Whether the finding is the one asked for."""
    place = finding.location
    named = re.search(rf"\b{told.name}\b", f"{finding.subject} {finding.message}")
    return (
        finding.rule == told.rule
        and named is not None
        and place is not None
        and (told.line is None or (Path(place.file).name, place.line) == (told.file, told.line))
    )
