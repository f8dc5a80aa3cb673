"""LD207 wrong-gradient: a custom gradient disagrees with central finite differences."""

from __future__ import annotations

import pytest

from layerdoctor.facts import GradientCheck, Idiom, LayerFacts
from layerdoctor.rule import Severity
from tests.hand_made import at, layer
from tests.rules.seeing import only, see


def compared(error: float, idiom: Idiom | None = None) -> LayerFacts:
    check = GradientCheck(
        precision="float32",
        function="squared",
        location=at(6),
        analytic=1.0,
        numeric=2.0,
        error=error,
        idiom=idiom,
    )
    return layer(gradient_checks=(check,))


def test_a_wrong_custom_gradient_shows_both_numbers() -> None:
    problem = only("wrong-gradient", compared(0.5))
    assert "`squared` gives 1 where central differences give 2" in problem.message
    assert problem.severity is None


@pytest.mark.parametrize("idiom", ["piecewise-constant", "identity"])
def test_a_known_idiom_is_a_note(idiom: Idiom) -> None:
    problem = only("wrong-gradient", compared(0.5, idiom))
    assert (problem.severity, problem.help) == (Severity.NOTE, "nothing, if it is meant")


def test_the_noise_of_differences_is_no_wrong_gradient() -> None:
    assert see("wrong-gradient", compared(0.01)) == []
