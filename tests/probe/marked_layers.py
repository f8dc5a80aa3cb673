"""Layers to test with, judged by all rules: a comment on the line says what is found there.

Every finding has to be announced, and everything announced has to be found::

    class Chosen(keras.layers.Layer):  # inputs: 2,6,4
        def call(self, x):
            best = tf.argmax(x * self.w, axis=-1)  # LD202: self.w
            return tf.gather(self.table, best)  # LD104 note: self.table / LD505

* ``# LD202: self.w`` announces a finding of that rule on that line, with that subject or with that
  text in its message; ``# LD202`` one whatever its subject. A severity may follow the code. `` / ``
  parts two.
* ``(Attr, SubHidden)`` behind it names the layers it is announced for. Without names it is for the
  layer around it. With names it may stand anywhere: in a base class, a function, another module.
* Behind ``class``: ``# inputs: 4,5 ids=4:int32:0..9`` says what the layer is called with (4,5
  unless said), ``as: list`` how, ``args: { units = 3 }`` what it is constructed with, and
  ``# part`` that it is a part of other layers and not examined alone.
* ``# aside: LD104 LD505`` on a line of its own leaves notes of these rules aside in the module.

A layer is a class of a module under ``layers`` that has a base class and, itself or by a class of
the module, a ``call`` or a ``__call__``.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rule import Finding, Severity
from layerdoctor.rules import RULES
from layerdoctor.target import Target, parse_input
from tests.probe.observing import LAYERS, as_in_a_worker, observe, target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ANNOUNCED = re.compile(
    r"(?P<code>LD\d{3})(?: (?P<severity>error|warning|note))?"
    r"(?:: (?P<text>.+?))?(?: \((?P<layers>[A-Z]\w*(?:, \w+)*)\))?"
)

MODULES = (
    "branches",
    "configs",
    "frozen",
    "growing",
    "handed_on",
    "hidden_constants",
    "hidden_layers",
    "hidden_variables",
    "masks",
    "model_steps",
    "older_formats",
    "own_models",
    "pointed",
    "random_draws",
    "shared_parts",
    "trained",
    "trained_keras_2",
    "usual",
    "zero_starts",
)
"""The modules whose layers are examined to their end."""

PATIENCE = 120
"""Seconds that a layer gets: what hangs is tested elsewhere."""


@dataclass(frozen=True, slots=True)
class Announced:
    """One finding that a comment announces."""

    code: str
    severity: str | None
    text: str | None
    layers: frozenset[str]
    file: str
    """The name of the module under ``layers``."""
    line: int

    def is_met_by(self, finding: Finding) -> bool:
        """Whether a finding is the one."""
        place = finding.location
        return (
            finding.code == self.code
            and self.severity in (None, finding.severity.value)
            and (self.text is None or self.text in f"{finding.subject} {finding.message}")
            and place is not None
            and (Path(place.file).stem, place.line) == (self.file, self.line)
        )


@functools.cache
def layers_of(module: str) -> dict[str, ast.ClassDef]:
    """Return the class statements of a module's layers."""
    lines = _lines(module)
    classes = {node.name: node for node in _tree(module).body if isinstance(node, ast.ClassDef)}

    def is_called(node: ast.ClassDef) -> bool:
        names = {getattr(item, "name", None) for item in node.body}
        bases = [classes.get(getattr(base, "id", "")) for base in node.bases]
        return bool(names & {"call", "__call__"}) or any(base and is_called(base) for base in bases)

    return {
        name: node
        for name, node in classes.items()
        if node.bases and is_called(node) and _comment(lines[node.lineno - 1]) != "part"
    }


def announced(module: str, name: str) -> list[Announced]:
    """Return what is announced for a layer, in its own class and wherever it is named."""
    node = layers_of(module)[name]
    inside = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return [
        one
        for one in _announcements()
        if (one.file == module or name not in layers_of(one.file))
        and (name in one.layers or (not one.layers and one.file == module and one.line in inside))
    ]


def target_of(module: str, name: str) -> Target:
    """Return the layer as a target: what it is constructed and called with."""
    parts = _comment(_lines(module)[layers_of(module)[name].lineno - 1]).split(" / ")
    said = dict(part.split(": ", 1) for part in parts if ": " in part)
    inputs = [parse_input(text) for text in said.get("inputs", "4,5").split()]
    given: dict[str, Any] = {"inputs": msgspec.to_builtins(inputs)}
    if "args" in said:
        given |= tomllib.loads(f"args = {said['args']}")
    return target(module, name, inputs_as=said.get("as", "auto"), timeout=PATIENCE, **given)


@functools.cache
def observed(module: str) -> dict[str, LayerFacts]:
    """Return the facts of every layer of a module, examined by workers as the program does it."""
    return observe(target_of(module, name) for name in layers_of(module))


@functools.cache
def observed_before_contract(module: str) -> dict[str, LayerFacts]:
    """Return the facts of every layer of a module up to the contract, examined in this process."""
    from tests.examine import examined

    with as_in_a_worker():
        return {
            name: examined(target_of(module, name), until=Stage.CONTRACT)
            for name in layers_of(module)
        }


def observed_here(module: str, name: str) -> LayerFacts:
    """Return the facts of a layer up to the contract, examined in this process.

    The layers are a package then, so that what they call in another module is the author's too.
    """
    from tests.examine import examined

    place, folder = f"{LAYERS.name}.{module}:{name}", str(LAYERS.parent)
    wanted = replace(target_of(module, name), target=place, app_dirs=(folder,))
    return examined(wanted, until=Stage.CONTRACT)


def findings(module: str, facts: LayerFacts) -> list[Finding]:
    """Return what the rules find, but for the notes that the module leaves aside."""
    aside = {code for line in _lines(module) for code in _aside(line)}
    return [
        finding
        for finding in diagnose(facts, RULES).findings
        if finding.severity is not Severity.NOTE or finding.code not in aside
    ]


def amiss(module: str, seen: Iterable[LayerFacts]) -> list[str]:
    """Return in words what is announced and not found, and what is found and not announced.

    Of what was examined up to the contract, what rules have to see there is not asked for.
    """
    words = []
    for facts in seen:
        wanted, found = announced(module, facts.id), findings(module, facts)
        if Stage.CONTRACT not in facts.completed:
            able = {rule.code for rule in RULES if rule.has_run(facts)}
            wanted = [one for one in wanted if one.code in able]
        missing = [one for one in wanted if not any(map(one.is_met_by, found))]
        extra = [one for one in found if not any(each.is_met_by(one) for each in wanted)]
        words += [f"{facts.id}: not found: {one}" for one in missing]
        words += [f"{facts.id}: not announced: {one}" for one in extra]
    return words


@functools.cache
def _lines(module: str) -> list[str]:
    return LAYERS.joinpath(f"{module}.py").read_text(encoding="utf-8").splitlines()


@functools.cache
def _tree(module: str) -> ast.Module:
    return ast.parse("\n".join(_lines(module)))


def _comment(line: str) -> str:
    return line.partition("  # ")[2].strip()


def _aside(line: str) -> list[str]:
    return line.removeprefix("# aside: ").split() if line.startswith("# aside: ") else []


@functools.cache
def _announcements() -> list[Announced]:
    found = []
    for path in sorted(LAYERS.glob("*.py")):
        for number, line in enumerate(_lines(path.stem), 1):
            for part in _comment(line).split(" / "):
                if match := ANNOUNCED.fullmatch(part):
                    names = frozenset((match["layers"] or "").split(", ")) - {""}
                    code, severity, text = match["code"], match["severity"], match["text"]
                    found.append(Announced(code, severity, text, names, path.stem, number))
    return found
