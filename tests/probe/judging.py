"""Layers of the tests, judged by the rules and by the comments in their own source.

A comment such as ``# InHelper: LD101`` says that the rule finds the class ``InHelper`` at fault on
that line. Where no comment names a class, the rules find nothing.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from layerdoctor.facts import LayerFacts
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Finding, Severity
from layerdoctor.rules import RULES
from tests.probe.observing import LAYERS, observe, target

GROUPS = ("LD0", "LD1", "LD3")


def classes(module: str) -> list[str]:
    """Return the classes of layers that a module defines."""
    tree = ast.parse(LAYERS.joinpath(f"{module}.py").read_text(encoding="utf-8"))
    kinds = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = {kind.name: {getattr(item, "name", "") for item in kind.body} for kind in kinds}
    return [kind.name for kind in kinds if kind.bases and methods[kind.name] & {"call", "__call__"}]


def marked(*modules: str) -> set[tuple[str, str, int]]:
    """Return class, code and line of every comment in the modules."""
    found = set()
    for module in modules:
        lines = LAYERS.joinpath(f"{module}.py").read_text(encoding="utf-8").splitlines()
        for number, text in enumerate(lines, 1):
            found |= {
                (name, code, number) for name, code in re.findall(r"[#;] (\w+): (LD\d+)", text)
            }
    return found


def observed(module: str, given: dict[str, dict[str, Any]] | None = None) -> dict[str, LayerFacts]:
    """Return the facts of every layer of a module, by class; ``given`` are their arguments."""
    names = classes(module)
    wanted = given or {}
    return observe(target(module, name, 4, 5, args=wanted.get(name, {})) for name in names)


def findings(facts: LayerFacts) -> list[Finding]:
    """Return the errors and warnings of the rules under test."""
    found = diagnose(facts, RULES, select=GROUPS).findings
    return [finding for finding in found if finding.severity is not Severity.NOTE]


def found_in(facts: dict[str, LayerFacts]) -> set[tuple[str, str, int]]:
    """Return class, code and line of every error and warning."""
    return {
        (name, finding.code, finding.location.line)
        for name, each in facts.items()
        for finding in findings(each)
        if finding.location
    }
