"""LD502 lossy-state: after a save and a load the same input gives another output."""

from __future__ import annotations

from tests.hand_made import at, layer, untracked
from tests.rules.seeing import breach, broken, found, only, see


def test_weights_that_one_line_loses_are_one_finding() -> None:
    facts = broken(
        *(
            breach("state", "lost", subject=f"self.{name}", difference=0.5, location=at(30))
            for name in ("scale", "shift")
        ),
        breach("state", "lost", subject="self.table", difference=0.5, location=at(40)),
    )
    assert [problem.message for problem in see("lossy-state", facts)] == [
        "`self.scale` and `self.shift` do not come back after a save and a load, "
        "and the output differs by up to 0.5",
        "`self.table` does not come back after a save and a load, "
        "and the output differs by up to 0.5",
    ]


def test_lost_state_is_named_with_the_difference() -> None:
    facts = broken(breach("state", "lost", subject="self.shift", difference=0.0421))
    assert only("lossy-state", facts).message == (
        "`self.shift` does not come back after a save and a load, and the output differs by up "
        "to 0.0421"
    )


def test_a_difference_without_a_name_is_told_if_nothing_explains_it() -> None:
    lost = breach("state", "lost", difference=0.5)
    assert "the output differs by up to 0.5" in only("lossy-state", broken(lost)).message
    assert see("lossy-state", layer(untracked_variables=(untracked(),), checks=(lost,))) == []


def test_other_lost_state_beside_an_untracked_variable_is_still_told() -> None:
    lost = breach("state", "lost", subject="self.shift")
    facts = layer(untracked_variables=(untracked(),), checks=(lost,))
    assert found(facts) == ["lossy-state", "untracked-variable"]
