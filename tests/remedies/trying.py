"""A remedy tried on a module and facts made by hand."""

from __future__ import annotations

import textwrap
from typing import Any

import libcst as cst

from layerdoctor.facts import LayerFacts
from layerdoctor.remedies.case import Case, Remedy
from tests.hand_made import finding

FILE = "layers.py"


def case(source: str, code: str, subject: str | None, **facts: Any) -> Case:
    """Return a finding on the line that ends in ``# here``; the class begins on ``# layer``."""
    text = textwrap.dedent(source).lstrip("\n")
    lines = text.splitlines()
    marked = [number for number, line in enumerate(lines, 1) if line.endswith("# here")]
    layer = [number for number, line in enumerate(lines, 1) if line.endswith("# layer")]
    found = finding(code, marked[0] if marked else None, subject=subject)
    seen: dict[str, Any] = {"framework": "keras", "file": FILE, "line": layer[0]}
    known = LayerFacts(id="", target="", **seen | facts)
    return Case(finding=found, facts=known, module=cst.parse_module(text), file=FILE)


def candidates(remedy: Remedy, tried: Case) -> list[str]:
    """Return the changed texts, the best first."""
    return [each.code for each in remedy.candidates(tried) if each is not None]


def first(remedy: Remedy, tried: Case) -> str:
    """Return the best changed text."""
    return candidates(remedy, tried)[0]
