"""Data that are one number everywhere: what is zero for them says little of the layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerdoctor.facts import LayerFacts, Stage
from layerdoctor.judge.diagnosis import diagnose
from layerdoctor.rules import RULES
from tests.examine import examined
from tests.probe.observing import target


def of_data(name: str, module: str, data: np.ndarray, folder: Path) -> LayerFacts:
    file = folder / "data.npy"
    np.save(file, data)
    given = target(module, name, inputs=[{"npy": str(file)}])
    return examined(given, until=Stage.CONTRACT)


def found(facts: LayerFacts) -> list[tuple[str, str | None]]:
    return [(each.code, each.subject) for each in diagnose(facts, RULES).findings]


@pytest.mark.parametrize("number", [0, 1])
def test_only_what_is_zero_for_drawn_numbers_too_is_stuck(number: int, tmp_path: Path) -> None:
    facts = of_data("AbsAtZero", "zeros", np.full((4, 5), number, "float32"), tmp_path)
    assert found(facts) == [("LD204", "self.w")]
    (ask,) = facts.asks
    assert f"data.npy` is {number} everywhere" in ask


def test_nothing_is_stuck_by_ids_that_are_all_the_same(tmp_path: Path) -> None:
    facts = of_data("WithoutPadding", "zeros", np.zeros((4, 6), "int32"), tmp_path)
    assert [each.gradient.status for each in facts.weights] == ["zero"]
    assert found(facts) == []
    assert "is 0 everywhere" in facts.asks[0]


def test_data_that_vary_are_not_asked_for(tmp_path: Path) -> None:
    data = np.arange(20, dtype="float32").reshape(4, 5)
    assert of_data("AbsAtZero", "zeros", data, tmp_path).asks == ()


def test_what_is_not_finite_for_data_of_zeros_is_so_for_zeros(tmp_path: Path) -> None:
    facts = of_data("ZeroNorm", "modes", np.zeros((4, 5), "float32"), tmp_path)
    assert facts.nonfinite is not None
    assert {each.inputs for each in facts.nonfinite} == {"zeros"}
