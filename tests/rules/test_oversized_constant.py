"""LD105 oversized-constant: a hidden constant of more than 16 MiB."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hand_made import constant, layer
from tests.rules.seeing import found, only, see

MIB = 2**20


@pytest.mark.parametrize(
    ("size", "kind", "says"),
    [
        (17 * MIB, "ndarray", "17 MiB) is copied into every traced graph"),
        (2048 * MIB, "tensor", "2 GiB) is copied into every exported model"),
    ],
)
def test_an_oversized_constant_is_no_mere_hidden_one(size: int, kind: str, says: str) -> None:
    facts = layer(constants=(constant(bytes=size, kind=kind),))
    assert says in only("oversized-constant", facts).message
    assert found(facts) == ["oversized-constant"]


@pytest.mark.parametrize("changes", [{"bytes": 16 * MIB}, {"created_in": "call"}, {"used": False}])
def test_a_constant_of_16_mib_and_a_kept_activation_are_not_oversized(
    changes: dict[str, Any],
) -> None:
    facts = layer(constants=(constant(**{"bytes": 99 * MIB, **changes}),))
    assert see("oversized-constant", facts) == []


def test_an_array_of_which_a_call_takes_a_part_is_not_oversized() -> None:
    sliced = constant(bytes=20 * MIB, kind="ndarray", copied=False)
    assert see("oversized-constant", layer(constants=(sliced,))) == []
