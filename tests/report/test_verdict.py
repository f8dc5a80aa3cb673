"""The line that answers what is asked of every layer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerdoctor.facts import Gradient, Growth, LayerFacts, Stage
from layerdoctor.judge.diagnosis import Diagnosis
from layerdoctor.report import Style, render
from layerdoctor.report.verdict import line
from tests.hand_made import constant, layer, untracked, weight
from tests.report.sample import failed_layer, report

CUT = Gradient(status="none", cause="cut")
STABLE = Growth(calls=3, variables_per_call=(1, 0, 0), tracked_per_call=(1, 1, 1))


def sick() -> LayerFacts:
    weights = (weight("w"), weight("gate", gradient=CUT), weight("mean", trainable=False))
    return layer(weights=weights, constants=(constant(),), growth=STABLE)


def test_it_answers_all_four_questions() -> None:
    assert line(sick()) == (
        "weights 3, 2 trainable · hidden constants 1 (self.table) · no gradient 1 (self.gate) "
        "· variables stable over 3 calls"
    )


def test_of_a_fine_layer_it_says_none_and_stable() -> None:
    assert line(layer(growth=STABLE)) == (
        "weights 1, 1 trainable · hidden constants none · no gradient none "
        "· variables stable over 3 calls"
    )
    assert line(layer(weights=(), growth=STABLE)).startswith("weights none · ")


def test_untracked_variables_and_growth_are_named() -> None:
    growing = replace(STABLE, variables_per_call=(2, 2, 2))
    words = line(layer(untracked_variables=(untracked(),), growth=growing))
    assert "1 untracked (self.hid)" in words
    assert words.endswith("variables grow: the 3 calls made 2, 2, 2")


def test_many_names_are_counted() -> None:
    weights = tuple(weight(f"g{number}", gradient=CUT) for number in range(12))
    names = "(self.g0, self.g1, self.g2 and 9 more)"
    assert f"no gradient 12 {names}" in line(layer(weights=weights))


def test_what_was_not_run_is_no_none() -> None:
    early = layer(completed=(Stage.CONSTRUCT, Stage.BUILD, Stage.CALL), growth=None)
    assert line(early) == (
        "weights 1, 1 trainable · hidden constants not run · gradients not run "
        "· repeated calls not run"
    )
    assert line(failed_layer().facts) == "nothing observed: `call` raised"


@pytest.mark.parametrize("format", ["full", "markdown", "html"])
def test_every_format_for_people_shows_it(format: str) -> None:  # noqa: A002
    text = render(format, report(Diagnosis(sick())), Style(width=200))
    for answer in line(sick()).split(" · "):
        assert answer in text.replace("\\", "")
