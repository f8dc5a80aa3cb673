"""The schema of the JSON report; that every report keeps to it is held where reports are made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from layerdoctor.report import Style, document, render
from tests.report.sample import cut_layer, report
from tests.report_schema import faults


def test_the_file_that_is_shipped_is_the_schema() -> None:
    made = "write it anew with `python -m tests.make_readme`"
    assert document.FILE.read_text(encoding="utf-8") == document.text(), made


def test_it_is_a_schema_and_says_what_keys_mean() -> None:
    schema = document.schema()
    Draft202012Validator.check_schema(schema)
    parts = schema["$defs"]
    assert "looked_for" not in parts["TargetRecord"]["properties"]
    assert parts["Failure"]["properties"]["location"]["description"] == "The author's line."
    cause = parts["Gradient"]["properties"]["cause"]
    assert "left-tensorflow" in cause["anyOf"][0]["enum"]


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("framework", "torch", "$.targets[0].framework"),
        ("checks", {"config": "fine"}, "$.targets[0].checks.config"),
        ("class", 3, "$.targets[0].class"),
        ("findings", [{}], "$.targets[0].findings[0]"),
    ],
)
def test_what_is_no_report_is_told_from_one(key: str, value: Any, path: str) -> None:
    given = json.loads(render("json", report(cut_layer()), Style()))
    assert faults(json.dumps(given)) == []
    given["targets"][0][key] = value
    told = faults(json.dumps(given))
    assert told
    assert all(words.startswith(path) for words in told)
    del given["targets"][0][key]
    assert f"'{key}' is a required property" in faults(json.dumps(given))[0]
