"""How often an examination runs a layer and goes back through it: not more for a larger layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from layerdoctor.probe.contract.models.training import FURTHER
from layerdoctor.probe.examination.examination import Examination
from layerdoctor.protocol import Message, Observed
from tests.probe.observing import target

pytestmark = pytest.mark.thorough

CALLS, PASSES = 36, 4
"""How many executions of ``call`` and backward passes a layer gets that looks healthy.

Among the calls are those of Keras itself while it builds, trains and saves two models of it.
"""
MORE_CALLS, MORE_PASSES = 16, 6
"""How many a suspicion adds, for the whole layer."""

HEALTHY = (
    "Dense",
    "ManyWeights",
    "Dropout",
    "Averages",
    "Remembers",
    "Masked",
    "Shaped",
    "PlainModule",
)
STUCK = "ManyStuck"
"""A layer that trains on for a while, in a graph, to see whether its weights move."""
SUSPECT = (
    "Waves",
    "ManyUnused",
    "ManyCut",
    "ManyTables",
    STUCK,
    "ManyGates",
    "OftenDropped",
)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Count the gradients that are taken outside graphs, and take them."""
    taken: list[None] = []
    gradient = tf.GradientTape.gradient

    def counted(tape: Any, *args: Any, **kwargs: Any) -> Any:
        if tf.executing_eagerly():
            taken.append(None)
        return gradient(tape, *args, **kwargs)

    monkeypatch.setattr(tf.GradientTape, "gradient", counted)
    return taken


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "calls"
    monkeypatch.setenv("CALLS", str(file))
    return file


def examined(name: str, *shape: int) -> dict[str, object]:
    seen: dict[str, object] = {}

    def note(message: Message) -> None:
        if isinstance(message, Observed):
            seen.update(message.fields)

    Examination(target("counted", name, *shape), note).run()
    return seen


def counted(calls: Path) -> int:
    return len(calls.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", HEALTHY)
def test_a_layer_that_looks_healthy(name: str, calls: Path, passes: list[None]) -> None:
    seen = examined(name, *((2, 6, 5) if name == "Masked" else (4, 5)))
    assert not seen.get("failures")
    assert 0 < counted(calls) <= CALLS
    assert 0 < len(passes) <= PASSES


@pytest.mark.parametrize("name", SUSPECT)
def test_a_layer_that_looks_suspicious(name: str, calls: Path, passes: list[None]) -> None:
    seen = examined(name, 4, 5)
    assert not seen.get("failures")
    assert 0 < counted(calls) <= CALLS + MORE_CALLS + (FURTHER if name == STUCK else 0)
    assert 0 < len(passes) <= PASSES + MORE_PASSES


@pytest.mark.parametrize("name", ["Dense", "Masked", "Shaped", "Dropout"])
def test_a_layer_whose_inputs_are_guessed(name: str, calls: Path, passes: list[None]) -> None:
    seen = examined(name)
    assert not seen.get("failures")
    assert 0 < counted(calls) <= CALLS
    assert 0 < len(passes) <= PASSES + 1
