"""Every rule's bad example shows the defect, and every good one nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from layerdoctor.config.settings import load
from layerdoctor.report import Style, render
from layerdoctor.rule import Example
from layerdoctor.rules import RULES
from layerdoctor.run import run
from layerdoctor.runner.pool import Pool

EXAMPLES = {
    f"{kind}_{rule.code}": example
    for rule in RULES
    for kind, example in (("bad", rule.bad), ("good", rule.good))
}
FOLDED = {"--timeout": "timeout", "--inputs-as": "inputs-as"}
"""Options of the command line that are keys of a configured target as well."""


def given_input(text: str) -> tuple[str | None, dict[str, Any]]:
    """Return the name and the table of an input such as ``ids=4,3:int32:0..9``."""
    name, _, form = text.rpartition("=")
    shape, *typed = form.split(":")
    table: dict[str, Any] = {"shape": [int(size) for size in shape.split(",")]}
    if typed:
        dtype, span = typed
        low, high = span.split("..")
        table |= {"dtype": dtype, "low": int(low), "high": int(high)}
    return name or None, table


def inline(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(each) for each in value) + "]"
    return json.dumps(value)


def entry(module: str, example: Example) -> str:
    """Return the config of an example as a target of the name of its module."""
    inputs = [given_input(text) for text in example.shape.split()]
    named = {name: table for name, table in inputs if name}
    lines = [f"[targets.{module}]", f'target = "{module}:{example.target}"']
    lines += [f"inputs = {inline(named or [table for _, table in inputs])}"]
    arguments = []
    for option, value in zip(example.options[::2], example.options[1::2], strict=True):
        if option == "--arg":
            arguments.append(value.replace("=", " = ", 1))
        else:
            lines.append(f"{FOLDED[option]} = {value if value.isdigit() else json.dumps(value)}")
    if arguments:
        lines.append(f"args = {{ {', '.join(arguments)} }}")
    return "\n".join(lines)


def reported(folder: Path, examples: dict[str, Example]) -> dict[str, Any]:
    """Examine all examples, several in each process; return what is reported of each."""
    for module, example in examples.items():
        folder.joinpath(f"{module}.py").write_text(example.source, encoding="utf-8")
    config = folder / "layerdoctor.toml"
    entries = [entry(module, example) for module, example in examples.items()]
    config.write_text("\n\n".join([f'app-dir = "{folder}"', *entries]), encoding="utf-8")
    settings = load(config)
    with Pool(2, forward=lambda _name, _text: None, lasting=True) as workers:
        report = run(settings.configured(), settings, workers=workers)
    return {
        target["id"]: target for target in json.loads(render("json", report, Style()))["targets"]
    }


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what one run says of all examples."""
    return reported(tmp_path_factory.mktemp("examples"), EXAMPLES)


def examined(targets: dict[str, Any], kind: str) -> dict[str, dict[str, str]]:
    """Return the findings of the examples of one kind as code to severity, by the rule's code."""
    chosen = {rule.code: targets[f"{kind}_{rule.code}"] for rule in RULES}
    assert {code: target["status"] for code, target in chosen.items()} == dict.fromkeys(
        chosen, "examined"
    )
    return {
        code: {one["code"]: one["severity"] for one in target["findings"]}
        for code, target in chosen.items()
    }


def matters(findings: dict[str, str]) -> set[str]:
    return {code for code, severity in findings.items() if severity != "note"}


def test_every_bad_example_shows_its_defect_and_no_other(targets: dict[str, Any]) -> None:
    found = examined(targets, "bad")
    shown = {code: code in findings for code, findings in found.items()}
    assert shown == dict.fromkeys(shown, True)
    others = {code: matters(findings) - {code} for code, findings in found.items()}
    assert others == {code: set() for code in found}


def test_every_good_example_is_silent(targets: dict[str, Any]) -> None:
    found = examined(targets, "good")
    assert {code: matters(findings) for code, findings in found.items()} == {
        code: set() for code in found
    }
    assert not [code for code, findings in found.items() if code in findings]
