"""What settings make of the findings of all rules, and of the exit code."""

from __future__ import annotations

import pytest

from layerdoctor.config.settings import Settings
from layerdoctor.facts import LayerFacts
from layerdoctor.judge.verdict import Judge, report_on
from layerdoctor.rule import Severity
from layerdoctor.target import BadInput
from tests.hand_made import layer, untracked

UNTRACKED = layer(untracked_variables=(untracked(),))


def severities(**said: object) -> dict[str, str]:
    judged = Judge(Settings(**said))(UNTRACKED)  # type: ignore[arg-type]
    return {finding.code: finding.severity.value for finding in judged.findings}


def code(facts: LayerFacts, *, untargeted: tuple[str, ...] = (), **said: object) -> int:
    settings = Settings(**said)  # type: ignore[arg-type]
    return report_on([Judge(settings)(facts)], settings, untargeted=untargeted).exit_code


@pytest.mark.parametrize("entry", ["LD101", "untracked-variable", "LD1"])
def test_a_rule_is_raised_or_lowered_by_code_name_or_prefix(entry: str) -> None:
    assert severities() == {"LD101": Severity.ERROR.value}
    assert severities(severity={entry: "note"}) == {"LD101": "note"}
    assert severities(severity={"LD5": "note"}) == {"LD101": "error"}


def test_the_last_entry_that_names_a_rule_counts() -> None:
    assert severities(severity={"LD1": "note", "LD101": "warning"}) == {"LD101": "warning"}


def test_what_is_lowered_does_not_fail_the_run() -> None:
    assert code(UNTRACKED) == 1
    assert code(UNTRACKED, severity={"LD101": "note"}) == 0
    assert code(UNTRACKED, severity={"LD101": "note"}, fail_on="note") == 1


def test_what_has_no_target_fails_a_strict_run() -> None:
    assert code(layer(), untargeted=("a:B",)) == 0
    assert code(layer(), untargeted=("a:B",), strict=True) == 2
    assert code(layer(), strict=True) == 0


@pytest.mark.parametrize("said", [{"severity": {"LD1O1": "note"}}, {"ignore": ["LD1O1"]}])
def test_an_entry_that_names_no_rule_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="there is no rule `LD1O1`; did you mean `LD101`"):
        Judge(Settings(**said))  # type: ignore[arg-type]
