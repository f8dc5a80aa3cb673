"""Layers whose source says, on the line, which finding is asked for there.

A comment such as ``# LD506: self.gain`` asks for a finding of that rule with that subject or with
that text in its message; ``# LD506`` for one on that line. A severity may follow the code, and
`` / `` parts two. Any other error or warning is unasked for, and so is any other finding of a rule
under test.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from layerdoctor.facts import LayerFacts
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Finding, Severity
from layerdoctor.rules import RULES
from tests.probe.observing import LAYERS, observe, target

ASKED = re.compile(r"(LD\d{3})(?: (error|warning|note))?(?:: (.+))?$")


@dataclass(frozen=True, slots=True)
class Asked:
    """One finding that a layer's source asks for."""

    code: str
    severity: str | None
    text: str | None
    line: int

    def is_met_by(self, finding: Finding) -> bool:
        """Whether a finding is the one."""
        place = finding.location
        return (
            finding.code == self.code
            and self.severity in (None, finding.severity.value)
            and (self.text is None or self.text in f"{finding.subject} {finding.message}")
            and place is not None
            and place.line == self.line
        )


def layers_of(module: str) -> list[ast.ClassDef]:
    """Return the class statements of a module's layers; ``# part`` marks what is none."""
    source = LAYERS.joinpath(f"{module}.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    return [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and "# part" not in lines[node.lineno - 1]
    ]


def asked(module: str, node: ast.ClassDef) -> list[Asked]:
    """Return the findings that the source of a class asks for, and of one ``# with: Another``."""
    source = LAYERS.joinpath(f"{module}.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    others = re.findall(r"with: (\w+)", lines[node.lineno - 1])
    nodes = [each for each in ast.parse(source).body if getattr(each, "name", None) in others]
    spans = [(each.lineno, each.end_lineno or each.lineno) for each in (node, *nodes)]
    found = []
    for number in (number for first, last in spans for number in range(first, last + 1)):
        for part in lines[number - 1].partition("  # ")[2].split(" / "):
            if match := ASKED.match(part.strip()):
                found.append(Asked(match[1], match[2], match[3], number))
    return found


def observed(module: str) -> dict[str, LayerFacts]:
    """Return the facts of every layer of a module; ``# inputs: 2,6,4`` says on what."""
    lines = LAYERS.joinpath(f"{module}.py").read_text(encoding="utf-8").splitlines()
    targets = []
    for node in layers_of(module):
        given = re.search(r"# inputs: ([^;]+)", lines[node.lineno - 1])
        inputs = [_input(text) for text in (given[1] if given else "4,5").split()]
        targets.append(target(module, node.name, inputs=inputs))
    return observe(targets)


def _input(text: str) -> dict[str, object]:
    name, _, form = text.rpartition("=")
    shape, *typed = form.split(":")
    table: dict[str, object] = {"shape": [int(size) for size in shape.split(",")]}
    table |= {"name": name} if name else {}
    table |= {"dtype": typed[0]} if typed else {}
    if typed[1:]:
        low, high = typed[1].split("..")
        table |= {"low": int(low), "high": int(high)}
    return table


def amiss(
    module: str, node: ast.ClassDef, facts: LayerFacts, under_test: tuple[str, ...]
) -> list[str]:
    """Return in words what the rules do not find, and what they find unasked."""
    wanted = asked(module, node)
    findings = [
        finding
        for finding in diagnose(facts, RULES).findings
        if finding.severity is not Severity.NOTE or finding.code in under_test
    ]
    missing = [one for one in wanted if not any(map(one.is_met_by, findings))]
    unasked = [one for one in findings if not any(each.is_met_by(one) for each in wanted)]
    return [f"not found: {one}" for one in missing] + [f"unasked: {one}" for one in unasked]
