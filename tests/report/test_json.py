"""The report as JSON, and back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.judge.repository import Repository
from layerdoctor.judge.run import Report
from layerdoctor.output import FORMATS
from layerdoctor.report import Style, render
from layerdoctor.report.formats.json import decode
from tests.hand_made import FLOWS, layer, weight
from tests.report.sample import BROKEN, cut_layer, everything, report


def document(given: Report) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(render("json", given, Style()), parse_constant=refuse)


PROMISED = {
    "target": "id target status error class file line framework args inputs outputs weights "
    "untracked_variables constants growth checks findings seconds check_reasons",
    "inputs": "name shape dtype low high inferred",
    "outputs": "shape dtype reached_by",
    "weights": "name path attribute shape dtype trainable created_in location gradient",
    "untracked_variables": "name attribute holder shape dtype trainable used created_in location "
    "gradient",
    "constants": "name holder kind shape dtype bytes stable used derived_from location gradient",
    "findings": "code rule severity subject message help location fingerprint suppressed",
    "gradient": "status norm cause op location modes",
    "growth": "calls variables_per_call tracked_per_call new_variables",
}


def test_every_promised_key_is_there() -> None:
    (target,) = document(report(cut_layer()))["targets"]
    assert set(PROMISED["target"].split()) <= set(target)
    for name in ("inputs", "outputs", "weights", "untracked_variables", "constants", "findings"):
        assert set(PROMISED[name].split()) <= set(target[name][0]), name
    for name in ("weights", "untracked_variables", "constants"):
        assert set(PROMISED["gradient"].split()) <= set(target[name][0]["gradient"]), name
    assert set(PROMISED["growth"].split()) <= set(target["growth"])
    assert target["weights"][0]["location"].items() >= {"file": "layers.py", "line": 10}.items()


def test_the_head_and_the_summary() -> None:
    whole = document(everything())
    assert whole["schema"] == 1
    assert whole["tool"]["name"] == "layerdoctor"
    assert whole["environment"]["tf_keras"] is None
    assert whole["summary"] == {
        "targets": 5,
        "errors": 2,
        "warnings": 1,
        "notes": 0,
        "suppressed": 1,
        "cached": 0,
        "skipped": 1,
        "untargeted": 0,
        "exit_code": 2,
    }


def test_checks_map_names_to_results() -> None:
    (target,) = document(report(cut_layer()))["targets"]
    assert target["checks"] == {"config": "passed", "state": "skipped", "batch_size": "failed"}
    assert target["check_reasons"] == {
        "state": "the layer is random",
        "batch_size": "the batch is gone",
    }


def test_what_was_not_observed_is_null() -> None:
    (target,) = document(report(BROKEN))["targets"]
    assert target["error"] == {
        "kind": "import",
        "message": "no module `gone`",
        "traceback": "Traceback: gone",
        "location": None,
    }
    assert (target["class"], target["outputs"], target["growth"]) == (None, None, None)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null(number: float) -> None:
    facts = layer(weights=(weight(gradient=replace(FLOWS, norm=number)),), args={"rate": number})
    (target,) = document(report(Diagnosis(facts)))["targets"]
    assert target["weights"][0]["gradient"]["norm"] is None
    assert target["args"] == {"rate": None}


def test_a_report_comes_back_as_it_was() -> None:
    given = replace(everything(), repository=Repository(root="/code", folder="a"))
    assert decode(render("json", given, Style()).encode()) == given


def test_the_text_is_the_same_on_every_run() -> None:
    assert render("json", everything(), Style()) == render("json", everything(), Style())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"schema": 2, "environment": {}, "targets": [], "summary": {"exit_code": 0}}',
        b'{"schema": 1, "targets": [{"id": 3}]}',
    ],
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(data)


def test_a_report_of_another_schema_is_refused() -> None:
    text = render("json", everything(), Style()).replace('"schema": 1', '"schema": 2')
    with pytest.raises(msgspec.ValidationError, match="schema 2"):
        decode(text.encode())


def test_a_report_with_a_wrong_value_is_refused() -> None:
    text = render("json", everything(), Style()).replace('"trainable": true', '"trainable": "yes"')
    with pytest.raises(msgspec.ValidationError, match="trainable"):
        decode(text.encode())


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_that_came_back_looks_the_same_in_every_format(name: str) -> None:
    given = everything()
    back = decode(render("json", given, Style()).encode())
    assert render(name, back, Style(verbose=True)) == render(name, given, Style(verbose=True))
