"""Layers that raise: which rule says so, where, and in whose words."""

from __future__ import annotations

import pytest

from layerdoctor.facts import LayerFacts
from tests.probe.marked_layers import amiss, findings, observed

MODULE = "failing"


@pytest.fixture(scope="module")
def seen() -> dict[str, LayerFacts]:
    return observed(MODULE)


def test_every_failure_is_told_on_the_line_of_the_author(seen: dict[str, LayerFacts]) -> None:
    assert amiss(MODULE, seen.values()) == []


def test_no_wrapper_of_the_framework_hides_the_cause(seen: dict[str, LayerFacts]) -> None:
    told = {
        name: found[0].message for name, facts in seen.items() if (found := findings(MODULE, facts))
    }
    wrapped = ("Exception encountered", "automatically infer", "in user code", "{{")
    assert {name for name, text in told.items() if any(words in text for words in wrapped)} == set()


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("Chained", "ValueError: the input must have 49 elements"),
        ("FromNone", "RuntimeError: no a"),
        ("InitHelper", "KeyError: 'vocab'"),
        ("OddBuild", "`build` raised ValueError: For a `build()` method with more than one"),
        ("SecondRaises", "`call` worked once, and then raised RuntimeError: only once"),
        ("TrainRaise", "`call` raised in training mode: InvalidArgumentError"),
    ],
)
def test_the_author_s_own_words_are_kept(
    seen: dict[str, LayerFacts], layer: str, words: str
) -> None:
    assert words in findings(MODULE, seen[layer])[0].message
