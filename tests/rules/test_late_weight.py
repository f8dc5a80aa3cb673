"""LD107 late-weight: weights exist only after the first call, although `build` ran."""

from __future__ import annotations

import pytest

from tests.hand_made import at, layer, weight
from tests.rules.seeing import only, see


def test_late_weights_of_a_sublayer_are_one_finding() -> None:
    late = tuple(
        weight(name, attribute=f"self.branch.{name}", owner="self.branch", created_in="call")
        for name in ("kernel", "bias")
    )
    problem = only("late-weight", layer(weights=(weight("gate"), *late)))
    assert problem.subject == "self.branch"
    assert problem.message == (
        "`kernel` and `bias` of `self.branch` exist only after the first call, although `build` ran"
    )
    assert problem.help == (
        "build `self.branch` in `build`, with the shape of its input in the first call"
    )


def test_what_is_to_be_built_is_what_the_layer_itself_holds() -> None:
    late = tuple(
        weight(name, owner=f"self.att._{name}_dense", created_in="call", owner_location=at(9))
        for name in ("query", "key")
    )
    help_text = only("late-weight", layer(weights=late)).help
    assert help_text == "build `self.att` in `build`, with the shape of its input in the first call"


def test_late_sublayers_of_one_line_are_one_finding() -> None:
    late = tuple(
        weight(f"kernel{number}", owner=f"self.blocks[{number}]", created_in="call")
        for number in range(3)
    )
    problem = only("late-weight", layer(weights=late))
    assert problem.subject == "self.blocks"
    assert problem.message == (
        "the weights of `self.blocks[0]`, `self.blocks[1]` and `self.blocks[2]` exist only after "
        "the first call, although `build` ran"
    )


def test_late_sublayers_of_two_lines_are_two_findings() -> None:
    late = tuple(
        weight(f"kernel{number}", owner=f"self.{name}", created_in="call", location=at(number))
        for number, name in enumerate("ab", 30)
    )
    assert [problem.at for problem in see("late-weight", layer(weights=late))] == [at(30), at(31)]


@pytest.mark.parametrize("builds_itself", [False, None])
def test_a_layer_that_keras_builds_has_no_late_weights(builds_itself: bool | None) -> None:
    facts = layer(weights=(weight(created_in="call"),), builds_itself=builds_itself)
    assert see("late-weight", facts) == []
