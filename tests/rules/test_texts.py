"""The texts of all rules: whole, in one style, and pointing at what exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import layerdoctor.rules
from layerdoctor.rule import Example, Rule
from layerdoctor.rules import RULES
from layerdoctor.stages import Stage
from tests.hand_made import layer
from tests.rules.seeing import found

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
CODES = {rule.code for rule in RULES}
NAMES = {rule.name for rule in RULES}

WORDED_FOR_MODULES = {"LD101", "LD102", "LD103", "LD208", "LD403"}
"""The rules that word each problem for the framework of the layer."""


def examples(rule: Rule) -> tuple[Example, Example]:
    return rule.bad, rule.good


def test_codes_and_names_are_unique_and_sorted() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(CODES)
    assert len(NAMES) == len(RULES)


def test_each_file_holds_one_rule_and_is_named_after_the_defect() -> None:
    folder = Path(layerdoctor.rules.__file__).parent
    holding = {path.stem for path in folder.glob("*.py") if "RULE = Rule(" in path.read_text()}
    assert holding == {name.replace("-", "_") for name in NAMES}


@each_rule
def test_code_and_name_are_well_formed(rule: Rule) -> None:
    assert re.fullmatch(r"LD[1-59]\d\d|LD0\d\d", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+|timeout|crash|retracing", rule.name)


@each_rule
def test_covers_refer_to_other_rules(rule: Rule) -> None:
    covered = {*rule.covers, *rule.covers_all}
    assert covered <= CODES - {rule.code}
    assert not {*rule.covers} & {*rule.covers_all}


def test_no_two_rules_cover_each_other() -> None:
    pairs = {(rule.code, other) for rule in RULES for other in (*rule.covers, *rule.covers_all)}
    assert not {(one, other) for one, other in pairs if (other, one) in pairs}


@each_rule
def test_summary_and_help_start_small_and_end_without_a_full_stop(rule: Rule) -> None:
    for text in (rule.summary, rule.help):
        assert text[0].islower() or text[0] == "`"
        assert not text.endswith(".")
        assert text.count("`") % 2 == 0


@each_rule
def test_a_module_is_told_of_nothing_that_only_keras_has(rule: Rule) -> None:
    if rule.needs in {"graph", "determinism", "inputs", *Stage} - {Stage.BUILD}:
        words = rule.help_for_module or rule.help
        assert rule.code in WORDED_FOR_MODULES or not re.search(r"add_weight|keras\.", words)


@each_rule
def test_why_is_two_to_five_sentences(rule: Rule) -> None:
    sentences = re.findall(r"[.!?](?=\s+[A-Z`]|$)", rule.why)
    assert 2 <= len(sentences) <= 5
    assert rule.why[0].isupper() or rule.why[0] == "`"
    assert rule.why.endswith(".")


@each_rule
def test_examples_are_modules_that_hold_their_target(rule: Rule) -> None:
    assert rule.bad.source != rule.good.source
    for example in examples(rule):
        tree = ast.parse(example.source)
        classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        assert example.target in classes
        assert all(len(line) <= 100 for line in example.source.splitlines())


@each_rule
def test_bad_and_good_are_examined_alike(rule: Rule) -> None:
    assert rule.bad.shape == rule.good.shape
    assert rule.bad.target == rule.good.target


def test_a_healthy_layer_has_no_finding() -> None:
    assert found(layer()) == []
