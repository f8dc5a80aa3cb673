"""What each rule needs to have been observed before its silence means anything."""

from __future__ import annotations

from typing import get_args

import pytest

from layerdoctor.facts import Check, CheckName
from layerdoctor.rule import Rule
from layerdoctor.rules import RULES
from tests.hand_made import layer

OBSERVING = [rule for rule in RULES if not rule.code.startswith(("LD0", "LD9"))]
NAMES: tuple[CheckName, ...] = get_args(CheckName)
ALL_MADE = tuple(Check(name=name, status="passed") for name in NAMES)


@pytest.mark.parametrize("rule", OBSERVING, ids=lambda rule: rule.name)
def test_silence_means_nothing_where_nothing_was_observed(rule: Rule) -> None:
    assert not rule.has_run(layer(completed=(), checks=()))
    assert rule.has_run(layer(checks=ALL_MADE))
