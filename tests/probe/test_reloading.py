"""What another process makes of a saved layer, as it is and as it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerdoctor.facts import Breach, Constant, LayerFacts
from tests.command import run_script
from tests.probe.observing import check, line, observe, target

MODULE = "reloading"
LOST = ("Promises", "LateModel", "WiderDense", "SetOfLayers", "OrderedBySet", "Refuses")
SOUND = ("Late", "Checks", "Weighted", "LateInKeras2", "local", "kept")
DRAWN = ("DrawnAtImport", "DrawnByDefault", "DrawnInModule")


@pytest.fixture(scope="module")
def observed() -> dict[str, LayerFacts]:
    return observe(
        [
            target(MODULE, "WaitsWhenLoaded", timeout=12),  # while the others are examined
            *(target(MODULE, name) for name in LOST + SOUND + DRAWN),
            target(MODULE, "Overfull"),
            target(MODULE, "DiesWhenLoaded"),
        ]
    )


def lost(facts: LayerFacts) -> Breach:
    found = check(facts, "state")
    assert found.status == "failed", found
    return found.breaches[0]


@pytest.mark.parametrize("name", SOUND)
def test_a_layer_that_comes_back(observed: dict[str, LayerFacts], name: str) -> None:
    assert check(observed[name], "state").status == "passed"


def test_what_came_back_without_its_layer_has_not_passed(
    observed: dict[str, LayerFacts],
) -> None:
    state = check(observed["Overfull"], "state")
    assert check(observed["Overfull"], "config").status == "failed"
    assert state.status == "skipped"
    assert state.reason == (
        "only its weights could be saved and loaded: its config cannot be written and read"
    )


def test_what_is_never_built_is_named_with_what_keeps_keras_from_building_it(
    observed: dict[str, LayerFacts],
) -> None:
    found = lost(observed["Promises"])
    assert (found.kind, found.subject, found.model) == ("unbuilt", "self.inner", "functional")
    assert found.op == "compute_output_shape"
    assert found.failure is not None
    assert "was never built" in found.failure.message
    assert found.location is not None
    assert found.location.line == line(MODULE, "build of Promises")


def test_what_a_model_leaves_unbuilt_is_lost_without_a_word(
    observed: dict[str, LayerFacts],
) -> None:
    found = lost(observed["LateModel"])
    assert (found.kind, found.subject, found.model) == ("unbuilt", "self.inner", "itself")
    assert found.failure is None
    assert found.difference is not None


def test_a_weight_that_the_base_class_does_not_save(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["WiderDense"])
    assert (found.kind, found.subject) == ("unloadable", "self.scale")
    assert found.op == "Dense.save_own_variables"
    assert found.location is not None
    assert found.location.line == line(MODULE, "scale")


def test_sublayers_in_a_set_are_lost(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["SetOfLayers"])
    assert (found.kind, found.subject) == ("lost", "self.branches[0].kernel")


def test_another_process_has_another_order_of_sets(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["OrderedBySet"])
    assert found.kind == "lost"
    assert (found.subject or "").startswith("self.parts[")


def test_what_loading_raises_is_told(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["Refuses"])
    assert found.kind == "unloadable"
    assert found.failure is not None
    assert found.failure.message == "no gain in an old file"
    assert found.location is not None
    assert found.location.line == line(MODULE, "load of Refuses")


def drawn(facts: LayerFacts) -> Constant:
    (found,) = (constant for constant in facts.constants if constant.used)
    return found


@pytest.mark.parametrize("name", DRAWN)
def test_a_constant_that_each_process_draws(observed: dict[str, LayerFacts], name: str) -> None:
    found = drawn(observed[name])
    assert (found.stable, found.differs_between) == (False, "processes")


def test_the_death_of_the_loading_process_is_told(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["DiesWhenLoaded"])
    assert found.kind == "crash"
    assert found.location is not None
    assert found.location.line == line(MODULE, "dies")


def test_a_loading_process_that_does_not_answer_is_told(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["WaitsWhenLoaded"])
    assert found.kind == "timeout"
    assert found.location is not None
    assert found.location.line == line(MODULE, "waits")


def test_nothing_is_observed_twice(observed: dict[str, LayerFacts]) -> None:
    for facts in observed.values():
        names = [found.name for found in facts.checks]
        assert len(names) == len(set(names))
        assert facts.status == "examined"


PLAIN_KERAS = str(Path(__file__).with_name("plain_keras.py"))
PLAIN = {
    "Promises": "ValueError",
    "LateModel": "differs",
    "WiderDense": "ValueError",
    "SetOfLayers": "differs",
    "Refuses": "ValueError",
    "Late": "same",
    "Checks": "same",
    "Weighted": "same",
}


def test_keras_alone_says_the_same(observed: dict[str, LayerFacts], tmp_path: Path) -> None:
    for what in ("save", "load"):
        given = ["", what, str(tmp_path), MODULE, *PLAIN]
        run = f"runpy.run_path({PLAIN_KERAS!r}, run_name='__main__')"
        script = f"import runpy, sys\nsys.argv = {given}\n{run}\nprint('done')\n"
        told = run_script(tmp_path, script)
    said = dict(text.split() for text in told.splitlines()[:-1])
    assert said == PLAIN
    for name, result in said.items():
        passed = check(observed[name], "state").status == "passed"
        assert passed == (result == "same"), name
