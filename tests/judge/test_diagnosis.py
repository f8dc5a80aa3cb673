"""From problems to findings: precedence, merging, selection, markers, order, fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.facts import Location
from layerdoctor.judge.diagnosis import Diagnosis, diagnose
from layerdoctor.rule import Finding, Problem, Severity
from tests.hand_made import at, layer, part, rule, write

KEPT = (("a", 10), ("b", 11), ("c", 13))
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


def test_a_module_is_told_what_a_module_can_do() -> None:
    given = problem("self.hid")
    told = [rule("LD209", "overwritten-weight", given, help_for_module="make a `tf.Variable`")]
    module = replace(layer(), framework="tf.Module")
    assert only(diagnose(module, told)).help == "make a `tf.Variable`"
    assert only(diagnose(layer(), told)).help == "how overwritten-weight is mended"


def test_problems_that_are_one_defect_are_one_finding_on_whatever_lines() -> None:
    kept = [replace(problem(f"self.{name}", line), shared="self") for name, line in KEPT]
    found = only(diagnose(layer(), [rule("LD402", "leaked-tensor", *kept)]))
    assert (found.subject, found.location and found.location.line) == ("self.a", 10)
    assert found.message == "`self.a` is bad (and 2 more: `self.b` and `self.c`)"
    assert found.about == ("self.a", "self.b", "self.c")


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
    ("place", "says"),
    [
        (at(3), "`first.gate` is bad (`Block`, in 2 of 3)"),
        (None, "`first.gate` is bad (and 1 more of this line: `second.gate`)"),
    ],
)
def test_what_all_layers_of_one_own_class_have_is_told_of_the_class(
    place: Location | None, says: str
) -> None:
    parts = tuple(
        part(name, "Block", attribute=f"self.layers[{number}]", location=place)
        for number, name in enumerate(("input", "first", "second"))
    )
    gates = [problem(f"self.layers[{number}].gate") for number in (1, 2)]
    found = only(diagnose(layer(layers=parts), [rule("LD201", "unused-weight", *gates)]))
    assert found.message == says
    assert found.subject == "self.layers"
    assert found.about == ("self.layers[1].gate", "self.layers[2].gate")


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
