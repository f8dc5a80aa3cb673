"""Markers in the source: what they suppress, and what is told of those that suppress nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerdoctor.facts import Check, LayerFacts, Stage
from layerdoctor.judge.diagnosis import Diagnosis, diagnose, settle_markers
from layerdoctor.rule import Finding, Problem, Rule, Severity
from layerdoctor.rules import RULES
from tests.hand_made import at, layer, rule, write

MARKERS = rule("LD901", "unused-suppression", severity=Severity.NOTE)


def real(code: str) -> Rule:
    (found,) = (rule for rule in RULES if rule.code == code)
    return found


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings]


def only(diagnosis: Diagnosis) -> Finding:
    (finding,) = diagnosis.findings
    return finding


SOURCE = """\
import keras

@register(
    "sample",{in_decorator}
){on_decorator}
class Sample(
    keras.layers.Layer,
):{on_class}
    def build(self, shape):
        self.a = 1{on_line}
        self.b = self.add_weight(
            shape=shape,
        ){below}

class Other:
    c = 1  # layerdoctor: ignore[LD101]
"""


def examined(folder: Path, **markers: str) -> LayerFacts:
    blank = dict.fromkeys(("in_decorator", "on_decorator", "on_class", "on_line", "below"), "")
    comments = {place: f"  # layerdoctor: ignore[{text}]" for place, text in markers.items()}
    return layer(file=write(folder, SOURCE.format(**blank | comments)), line=3)


def on(facts: LayerFacts, line: int, code: str = "LD101", name: str = "untracked-variable") -> Rule:
    return rule(code, name, Problem("self.a", "m", at=at(line, file=facts.file or "")))


@pytest.mark.parametrize("entry", ["LD101", "untracked-variable", "LD104, LD101", "LD1"])
@pytest.mark.parametrize("place", ["in_decorator", "on_decorator", "on_class", "on_line"])
def test_a_marker_suppresses_on_its_line_and_on_the_class_statement(
    tmp_path: Path, place: str, entry: str
) -> None:
    facts = examined(tmp_path, **{place: entry})
    assert only(diagnose(facts, [on(facts, 10)])).suppressed == "inline"


def test_a_marker_at_the_end_of_the_statement_suppresses(tmp_path: Path) -> None:
    facts = examined(tmp_path, below="LD101")
    assert only(diagnose(facts, [on(facts, 11)])).suppressed == "inline"


@pytest.mark.parametrize(("line", "entry"), [(11, "LD101"), (10, "LD104"), (10, "x")])
def test_a_marker_suppresses_nothing_else(tmp_path: Path, line: int, entry: str) -> None:
    facts = examined(tmp_path, on_line=entry)
    assert only(diagnose(facts, [on(facts, line)])).suppressed is None


def test_a_marker_that_suppresses_nothing_is_noted(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD101, LD104")
    rules = [on(facts, 10), rule("LD104", "hidden-constant"), MARKERS]
    suppressed, note = diagnose(facts, rules).findings
    assert suppressed.suppressed == "inline"
    assert (note.code, note.subject, note.severity) == ("LD901", "LD104", Severity.NOTE)
    assert note.location is not None
    assert (note.location.line, note.location.column) == (10, 21)


@pytest.mark.parametrize(
    ("entry", "advice"),
    [
        ("LD1O1", "; did you mean `LD101`?"),
        ("ld-101", "; did you mean `LD101`?"),
        ("untracked-varable", "; did you mean `untracked-variable`?"),
        ("W0201", ""),
    ],
)
def test_a_marker_that_names_no_rule_is_noted_with_the_nearest(
    entry: str, advice: str, tmp_path: Path
) -> None:
    facts = examined(tmp_path, on_line=entry)
    others = [rule("LD511", "swallowed-kwargs"), rule("LD001", "construction-error")]
    found = only(diagnose(facts, [*others, rule("LD101", "untracked-variable"), MARKERS]))
    assert found.message == f"`# layerdoctor: ignore[{entry}]` names no rule{advice}"


@pytest.mark.parametrize("marker", ["ignore", "ignore[]", "ignore: on purpose", "ignore LD101"])
@pytest.mark.parametrize(("line", "code"), [(10, "LD101"), (9, "CODE")])
def test_a_marker_without_a_code_suppresses_nothing_and_says_what_to_write(
    marker: str, line: int, code: str, tmp_path: Path
) -> None:
    facts = examined(tmp_path, on_line="XX")
    file = Path(facts.file or "")
    file.write_text(file.read_text().replace("ignore[XX]", marker))
    found = {each.code: each for each in diagnose(facts, [on(facts, line), MARKERS]).findings}
    assert found["LD101"].suppressed is None
    assert found["LD901"].message == (
        f"`# layerdoctor: ignore` names no rule; write `ignore[{code}]`"
    )


def test_a_reason_is_kept_and_can_be_asked_for(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD101")
    bare, note = diagnose(facts, [on(facts, 10), MARKERS], require_reason=True).findings
    assert (bare.suppressed, bare.code) == (None, "LD101")
    assert "suppresses nothing without a reason" in note.message
    file = Path(facts.file or "")
    file.write_text(file.read_text().replace("ignore[LD101]", "ignore[LD101] a fixed basis"))
    found = only(diagnose(facts, [on(facts, 10), MARKERS], require_reason=True))
    assert (found.suppressed, found.reason) == ("inline", "a fixed basis")


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
    known = replace(examined(tmp_path, on_line=code), checks=())
    facts = replace(known, completed=(Stage.CONSTRUCT, Stage.BUILD))
    assert diagnose(facts, [real(code), MARKERS]).findings == ()


def test_the_marker_of_a_skipped_check_is_not_noted(tmp_path: Path) -> None:
    skipped = Check(name="batch_size", status="skipped", reason="the layer is stateful")
    facts = replace(examined(tmp_path, on_line="LD504"), checks=(skipped,))
    assert diagnose(facts, [real("LD504"), MARKERS]).findings == ()


def test_the_marker_of_a_check_is_noted_though_another_was_skipped(tmp_path: Path) -> None:
    made = Check(name="batch_size", status="passed")
    skipped = Check(name="mask", status="skipped", reason="a `tf.Module` has no mask")
    facts = replace(examined(tmp_path, on_line="LD504"), checks=(made, skipped))
    assert codes(diagnose(facts, [real("LD504"), MARKERS])) == ["LD901"]


def test_a_marker_is_unused_only_where_no_examination_of_the_class_uses_it(tmp_path: Path) -> None:
    facts = examined(tmp_path, on_line="LD101")
    used = diagnose(facts, [on(facts, 10), MARKERS])
    unused = diagnose(facts, [rule("LD101", "untracked-variable"), MARKERS])
    assert [codes(each) for each in settle_markers([used, unused])] == [["LD101"], []]
    assert [codes(each) for each in settle_markers([unused, unused])] == [["LD901"], ["LD901"]]
