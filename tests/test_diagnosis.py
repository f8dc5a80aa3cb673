"""From problems to findings: precedence, merging, selection, markers, order, fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerdoctor.facts import Check, LayerFacts, Stage
from layerdoctor.judge.diagnosis import Diagnosis, diagnose, settle_markers
from layerdoctor.rule import Finding, Problem, Rule, Severity
from tests.hand_made import at, layer, rule, write

MARKERS = rule("LD901", "unused-suppression", severity=Severity.NOTE)


def problem(subject: str | None, line: int = 10, message: str | None = None) -> Problem:
    return Problem(subject, message or f"`{subject}` is bad", at=at(line))


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings]


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


def test_a_finding_carries_what_the_rule_says() -> None:
    found = only(diagnose(layer(), [rule("LD101", "untracked-variable", problem("self.hid"))]))
    assert (found.code, found.rule, found.severity) == (
        "LD101",
        "untracked-variable",
        Severity.ERROR,
    )
    assert found.help == "how untracked-variable is mended"
    assert (found.subject, found.message) == ("self.hid", "`self.hid` is bad")
    assert found.suppressed is None


def test_a_problem_may_know_better_than_its_rule() -> None:
    exact = replace(problem("self.hid"), help="write this", severity=Severity.NOTE)
    found = only(diagnose(layer(), [rule("LD101", "untracked-variable", exact)]))
    assert (found.help, found.severity) == ("write this", Severity.NOTE)


@pytest.mark.parametrize("subject", ["self.pool", "self.pool[0]", "self.pool.experts[0].kernel"])
def test_a_cause_covers_its_consequences_on_the_subject_and_below(subject: str) -> None:
    cause = rule("LD102", "untracked-layer", problem("self.pool"), covers=("LD101",))
    consequence = rule("LD101", "untracked-variable", problem(subject, 20))
    assert codes(diagnose(layer(), [consequence, cause])) == ["LD102"]


@pytest.mark.parametrize("subject", ["self.pools", "self.poo", "self", None])
def test_a_cause_covers_no_other_subject(subject: str | None) -> None:
    cause = rule("LD102", "untracked-layer", problem("self.pool"), covers=("LD101",))
    other = rule("LD101", "untracked-variable", problem(subject, 20))
    assert codes(diagnose(layer(), [other, cause])) == ["LD102", "LD101"]


def test_a_cause_covers_what_it_is_about() -> None:
    told = replace(problem("self.half"), about=("self.kernel",))
    rules = [
        rule("LD106", "stale-tensor", told, covers=("LD201",)),
        rule("LD201", "unused-weight", problem("self.kernel"), problem("self.bias", 30)),
    ]
    assert [finding.subject for finding in diagnose(layer(), rules).findings] == [
        "self.half",
        "self.bias",
    ]


def test_a_cause_may_cover_every_subject() -> None:
    rules = [
        rule("LD003", "call-error", problem(None), covers_all=("LD401",)),
        rule("LD401", "eager-only", problem("self.x"), problem(None)),
    ]
    assert codes(diagnose(layer(), rules)) == ["LD003"]


def test_a_consequence_of_a_consequence_is_covered_too() -> None:
    rules = [
        rule("LD301", "growing-variables", problem("self.x"), covers=("LD101",)),
        rule("LD101", "untracked-variable", problem("self.x"), covers=("LD502",)),
        rule("LD502", "lossy-state", problem("self.x")),
    ]
    assert codes(diagnose(layer(), rules)) == ["LD301"]


def test_of_two_that_cover_each_other_one_is_told() -> None:
    rules = [
        rule("LD403", "graph-mismatch", problem(None), covers_all=("LD506",)),
        rule("LD506", "nondeterministic-inference", problem(None), covers_all=("LD403",)),
    ]
    assert codes(diagnose(layer(), rules)) == ["LD403"]


def test_an_ignored_cause_still_covers() -> None:
    rules = [
        rule("LD101", "untracked-variable", problem("self.x"), covers=("LD502",)),
        rule("LD502", "lossy-state", problem("self.x")),
    ]
    assert codes(diagnose(layer(), rules, ignore=["LD101"])) == []
    assert codes(diagnose(layer(), rules, select=["LD502"])) == []


def test_items_of_one_list_made_on_one_line_are_one_finding() -> None:
    gains = [problem(f"self.gains[{number}]") for number in range(3)]
    found = only(diagnose(layer(), [rule("LD101", "untracked-variable", *gains)]))
    assert found.subject == "self.gains"
    assert "`self.gains[0]` is bad" in found.message
    assert "2 more" in found.message
    assert "`self.gains[2]`" in found.message


def test_a_long_list_is_counted_and_not_spelled_out() -> None:
    gains = [problem(f"self.gains[{number}]") for number in range(300)]
    found = only(diagnose(layer(), [rule("LD101", "untracked-variable", *gains)]))
    assert "299 more" in found.message
    assert len(found.message) < 300


@pytest.mark.parametrize(
    ("subjects", "holder"),
    [
        (["self.blocks[0].kernel", "self.blocks[1].kernel"], "self.blocks"),
        (["self.dense.kernel", "self.dense.bias"], "self.dense"),
        (["self.t['a'].w", "self.t['b'].w"], "self.t"),
    ],
)
def test_members_of_one_container_are_named_by_it(subjects: Sequence[str], holder: str) -> None:
    rules = [rule("LD201", "unused-weight", *(problem(subject) for subject in subjects))]
    assert only(diagnose(layer(), rules)).subject == holder


@pytest.mark.parametrize(
    "problems",
    [
        [problem("self.a"), problem("self.b")],
        [problem("self.a[0]", 10), problem("self.a[1]", 11)],
        [problem("self.a[0]"), problem("self.b[0]")],
        [problem("self.a[0]", message="NaN"), problem("self.a[0]", message="infinity")],
        [Problem("self.a[0]", "one", at=None), Problem("self.a[1]", "two", at=None)],
        [problem("self.a[0]"), replace(problem("self.a[1]"), severity=Severity.NOTE)],
    ],
)
def test_two_defects_stay_two_findings(problems: Sequence[Problem]) -> None:
    assert len(diagnose(layer(), [rule("LD101", "untracked-variable", *problems)]).findings) == 2


RULES = [
    rule("LD101", "untracked-variable", problem("self.a", 1)),
    rule("LD104", "hidden-constant", problem("self.b", 2)),
    rule("LD201", "unused-weight", problem("self.c", 3)),
]


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ([], [], ["LD101", "LD104", "LD201"]),
        (["LD1"], [], ["LD101", "LD104"]),
        (["ld201"], [], ["LD201"]),
        (["hidden-constant", "LD2"], [], ["LD104", "LD201"]),
        ([], ["LD1"], ["LD201"]),
        ([], ["untracked-variable"], ["LD104", "LD201"]),
        (["LD1"], ["LD104"], ["LD101"]),
        (["hidden"], [], []),
    ],
)
def test_rules_are_selected_by_code_prefix_and_name(
    select: list[str], ignore: list[str], expected: list[str]
) -> None:
    assert codes(diagnose(layer(), RULES, select=select, ignore=ignore)) == expected


def test_findings_stand_in_the_order_of_the_source(tmp_path: Path) -> None:
    file = write(tmp_path, "a = f(g(x))\nb = 1\n")
    places = {
        "LD203": at(1, "g", file),
        "LD202": at(1, "f", file),
        "LD201": at(2, None, file),
        "LD104": at(1, "f", file),
        "LD001": None,
    }
    rules = [
        rule(code, code.lower(), Problem(None, "m", at=place)) for code, place in places.items()
    ]
    assert codes(diagnose(layer(), rules)) == ["LD104", "LD202", "LD203", "LD201", "LD001"]


SOURCE = """\
import keras

class Sample(keras.layers.Layer):{on_class}
    def build(self, shape):
        self.a = 1{on_line}
        self.b = self.add_weight(
            shape=shape,
        ){below}

class Other:
    c = 1  # layerdoctor: ignore[LD101]
"""


def examined(folder: Path, **markers: str) -> LayerFacts:
    blank = dict.fromkeys(("on_class", "on_line", "below"), "")
    comments = {place: f"  # layerdoctor: ignore[{text}]" for place, text in markers.items()}
    return layer(file=write(folder, SOURCE.format(**blank | comments)), line=3)


def on(facts: LayerFacts, line: int, code: str = "LD101", name: str = "untracked-variable") -> Rule:
    return rule(code, name, Problem("self.a", "m", at=at(line, file=facts.file or "")))


@pytest.mark.parametrize("entry", ["LD101", "untracked-variable", "LD104, LD101", "LD1"])
@pytest.mark.parametrize("place", ["on_class", "on_line"])
def test_a_marker_suppresses_on_its_line_and_on_the_class_line(
    tmp_path: Path, place: str, entry: str
) -> None:
    facts = examined(tmp_path, **{place: entry})
    assert only(diagnose(facts, [on(facts, 5)])).suppressed == "inline"


def test_a_marker_at_the_end_of_the_statement_suppresses(tmp_path: Path) -> None:
    facts = examined(tmp_path, below="LD101")
    assert only(diagnose(facts, [on(facts, 6)])).suppressed == "inline"


@pytest.mark.parametrize(("line", "entry"), [(6, "LD101"), (5, "LD104"), (5, "x")])
def test_a_marker_suppresses_nothing_else(tmp_path: Path, line: int, entry: str) -> None:
    facts = examined(tmp_path, on_line=entry)
    assert only(diagnose(facts, [on(facts, line)])).suppressed is None


def test_a_marker_that_suppresses_nothing_is_noted(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD101, LD104")
    rules = [on(facts, 5), rule("LD104", "hidden-constant"), MARKERS]
    suppressed, note = diagnose(facts, rules).findings
    assert suppressed.suppressed == "inline"
    assert (note.code, note.subject, note.severity) == ("LD901", "LD104", Severity.NOTE)
    assert note.location is not None
    assert (note.location.line, note.location.column) == (5, 21)


def test_a_marker_that_names_no_rule_is_noted(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD999")
    assert "names no rule" in only(diagnose(facts, [MARKERS])).message


def test_markers_of_other_classes_are_left_alone(tmp_path: Path) -> None:
    facts = examined(tmp_path)
    assert diagnose(facts, [rule("LD101", "untracked-variable"), MARKERS]).findings == ()


def test_a_note_on_a_marker_can_itself_be_suppressed(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD101, LD901")
    rules = [rule("LD101", "untracked-variable"), MARKERS]
    assert only(diagnose(facts, rules)).suppressed == "inline"


@pytest.mark.parametrize("options", [{"ignore": ["LD101"]}, {"select": ["LD2", "LD901"]}])
def test_the_marker_of_a_deselected_rule_is_not_noted(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    facts = examined(tmp_path, on_line="LD101")
    rules = [rule("LD101", "untracked-variable"), MARKERS]
    assert diagnose(facts, rules, **options).findings == ()


def test_no_marker_is_noted_where_the_notes_are_ignored(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD101")
    rules = [rule("LD101", "untracked-variable"), MARKERS]
    assert diagnose(facts, rules, ignore=["LD9"]).findings == ()


@pytest.mark.parametrize("code", ["LD104", "LD201", "LD301", "LD403", "LD504"])
def test_the_marker_of_a_rule_that_could_not_run_is_not_noted(tmp_path: Path, code: str) -> None:
    facts = replace(examined(tmp_path, on_line=code), completed=(Stage.CONSTRUCT, Stage.BUILD))
    assert diagnose(facts, [rule(code, "some-defect"), MARKERS]).findings == ()


def test_the_marker_of_a_skipped_check_is_not_noted(tmp_path: Path) -> None:
    skipped = Check(name="batch_size", status="skipped", reason="the layer is stateful")
    facts = replace(examined(tmp_path, on_line="LD504"), checks=(skipped,))
    assert diagnose(facts, [rule("LD504", "fixed-batch-size"), MARKERS]).findings == ()


def test_a_marker_is_unused_only_where_no_examination_of_the_class_uses_it(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD101")
    used = diagnose(facts, [on(facts, 5), MARKERS])
    unused = diagnose(facts, [rule("LD101", "untracked-variable"), MARKERS])
    assert [codes(each) for each in settle_markers([used, unused])] == [["LD101"], []]
    assert [codes(each) for each in settle_markers([unused, unused])] == [["LD901"], ["LD901"]]


def test_a_fingerprint_survives_edits_and_another_spelling_of_the_target() -> None:
    rules = [rule("LD101", "untracked-variable", problem("self.a", 5))]
    moved = [rule("LD101", "untracked-variable", problem("self.a", 50, "worded anew"))]
    before = only(diagnose(layer(target="layers:Sample"), rules))
    after = only(diagnose(layer(target="./layers.py:Sample", id="sample", file=None), moved))
    assert before.fingerprint == after.fingerprint
    assert len(before.fingerprint) >= 16


def test_fingerprints_tell_code_class_subject_and_repetition_apart() -> None:
    twice = rule("LD101", "untracked-variable", problem("self.a", 1), problem("self.a", 2))
    others = [rule("LD104", "hidden-constant", problem("self.a"), problem("self.b"))]
    here = diagnose(layer(), [twice, *others]).findings
    there = diagnose(layer(class_name="layers.Other"), [twice]).findings
    prints = [finding.fingerprint for finding in (*here, *there)]
    assert len(set(prints)) == len(prints) == 6
