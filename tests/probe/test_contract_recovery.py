"""A check that ends the process, or never ends, takes no other check with it."""

from __future__ import annotations

from typing import get_args

import pytest

from layerdoctor.facts import CheckName, LayerFacts, Stage
from layerdoctor.runner.pool import Pool
from tests.probe.observing import breach, check, line, observe, target

KERAS = "contract_keras"


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LayerFacts]:
    """Return what is seen of layers that wait, which they do side by side, and of one that ends."""
    marker = {"marker": str(tmp_path_factory.mktemp("late") / "built")}
    return observe(
        [
            target(KERAS, "Waits", timeout=10),
            target(KERAS, "Ends"),
            target(KERAS, "BeginsLate", args=marker, timeout=9),
        ]
    )


def test_a_crash_is_told_as_the_check_s_own(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["Ends"], "batch_size")
    assert found.kind == "crash"
    assert found.location is not None
    assert found.location.line == line(KERAS, "ends")
    (failure,) = observed["Ends"].failures
    assert (failure.stage, failure.kind, failure.check) == (Stage.CONTRACT, "crash", "batch_size")


def test_a_time_out_is_told_as_the_check_s_own(observed: dict[str, LayerFacts]) -> None:
    found = breach(observed["Waits"], "config")
    assert found.kind == "timeout"
    assert found.location is not None
    assert found.location.line == line(KERAS, "waits")


@pytest.mark.parametrize("name", ["Ends", "Waits"])
def test_the_checks_behind_it_are_made(observed: dict[str, LayerFacts], name: str) -> None:
    assert check(observed[name], "freeze").status == "passed"
    names = [found.name for found in observed[name].checks]
    assert sorted(names) == sorted(get_args(CheckName))


@pytest.mark.parametrize("name", ["Ends", "Waits"])
def test_what_was_observed_before_is_kept(observed: dict[str, LayerFacts], name: str) -> None:
    facts = observed[name]
    assert facts.growth is not None
    assert Stage.GRADIENT in facts.completed
    assert Stage.CONTRACT not in facts.completed


def test_a_check_that_began_with_little_time_left_is_no_failure(
    observed: dict[str, LayerFacts],
) -> None:
    facts = observed["BeginsLate"]
    (cut,) = [one for one in facts.checks if "what was left" in (one.reason or "")]
    assert cut.status == "skipped"
    assert facts.failures == ()
    assert check(facts, "freeze").status == "passed"


def test_a_crash_while_the_archive_is_loaded_takes_nothing_of_either() -> None:
    with Pool(2, forward=lambda _name, _text: None) as workers:
        (facts,) = workers.examine([target(KERAS, "EndsInHalf")])
    assert breach(facts, "mixed_precision").kind == "crash"
    assert {found.kind for found in check(facts, "state").breaches} == {"lost"}
    assert check(facts, "freeze").status == "passed"
    assert sorted(found.name for found in facts.checks) == sorted(get_args(CheckName))
