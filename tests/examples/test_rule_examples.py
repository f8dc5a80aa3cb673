"""Every rule's bad example shows the defect, and every good one nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from layerdoctor.rule import Example
from layerdoctor.rules import RULES

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


def examined(folder: Path, examples: dict[str, Example]) -> dict[str, dict[str, str]]:
    """Examine all examples in one run; return each one's findings as code to severity."""
    for module, example in examples.items():
        folder.joinpath(f"{module}.py").write_text(example.source, encoding="utf-8")
    config = folder / "layerdoctor.toml"
    entries = [entry(module, example) for module, example in examples.items()]
    config.write_text("\n\n".join(['app-dir = "."', *entries]), encoding="utf-8")
    report = folder / "report.json"
    command = [sys.executable, "-m", "layerdoctor", "check", "--config", str(config)]
    command += ["--format", "json", "--output", str(report), "--no-cache", "--fail-on", "never"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    targets = json.loads(report.read_text(encoding="utf-8"))["targets"]
    assert {target["id"]: target["status"] for target in targets} == dict.fromkeys(
        examples, "examined"
    )
    return {
        target["id"]: {one["code"]: one["severity"] for one in target["findings"]}
        for target in targets
    }


def matters(findings: dict[str, str]) -> set[str]:
    return {code for code, severity in findings.items() if severity != "note"}


def test_every_bad_example_shows_its_defect_and_no_other(tmp_path: Path) -> None:
    found = examined(tmp_path, {f"bad_{rule.code}": rule.bad for rule in RULES})
    shown = {rule.code: rule.code in found[f"bad_{rule.code}"] for rule in RULES}
    assert shown == dict.fromkeys(shown, True)
    others = {rule.code: matters(found[f"bad_{rule.code}"]) - {rule.code} for rule in RULES}
    assert others == {rule.code: set() for rule in RULES}


def test_every_good_example_is_silent(tmp_path: Path) -> None:
    found = examined(tmp_path, {f"good_{rule.code}": rule.good for rule in RULES})
    assert {name: matters(findings) for name, findings in found.items()} == {
        name: set() for name in found
    }
    assert not [rule.code for rule in RULES if rule.code in found[f"good_{rule.code}"]]
