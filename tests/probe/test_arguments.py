"""Arguments of constructors: given, moved away from their defaults, and handed on."""

from __future__ import annotations

import pytest

from layerdoctor.facts import Breach, LayerFacts
from tests.probe.observing import breach, check, line, observe_checks, target

ARGUMENTS = "arguments"

NAMES = (
    "Sharpened",
    "Penalised",
    "Shaped",
    "Narrow",
    "Noisy",
    "Spread",
    "Around",
    "NeverRead",
    "BuildsAgain",
    "Alike",
    "Committee",
)
OTHERS = ("Swallows", "SwallowsToo", "OfOneType")


@pytest.fixture(scope="module")
def observed() -> dict[str, LayerFacts]:
    given = {"id": "GivenCommittee", "target": f"{ARGUMENTS}:Committee", "args": {"members": 3}}
    targets = [target(ARGUMENTS, name) for name in NAMES + OTHERS]
    targets.append(target(ARGUMENTS, "Committee", **given))
    return observe_checks(targets, "config", "constructor")


def lost(facts: LayerFacts) -> Breach:
    (found,) = check(facts, "config").breaches
    return found


@pytest.mark.parametrize(
    ("name", "told", "marker"),
    [
        ("Sharpened", ("dropped", "power", "power=4.0"), "power dropped"),
        ("Narrow", ("changed", "units", "units=6"), "units fixed"),
        ("Noisy", ("dropped", "rate", "rate=0.5"), "rate dropped"),
        ("GivenCommittee", ("changed", "members", None), "defaults"),
        ("Committee", ("changed", "members", "members=4"), "defaults"),
    ],
)
def test_an_argument_that_is_lost(
    observed: dict[str, LayerFacts], name: str, told: tuple[str, ...], marker: str
) -> None:
    found = lost(observed[name])
    assert (found.kind, found.subject, found.tried) == told
    assert found.location is not None
    assert found.location.line == line(ARGUMENTS, marker)


def test_other_outputs_and_other_weights_are_told_apart(observed: dict[str, LayerFacts]) -> None:
    assert lost(observed["Sharpened"]).effect == "outputs"
    assert lost(observed["Penalised"]).effect == "losses"
    assert lost(observed["Narrow"]).effect == "weights"


def test_what_can_be_put_right_is_not_blamed_for_what_cannot(
    observed: dict[str, LayerFacts],
) -> None:
    found = lost(observed["Shaped"])
    assert (found.subject, found.effect) == ("shape", "raises")


def test_a_tuple_that_comes_back_as_a_list(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["Spread"])
    assert (found.subject, found.received, found.effect) == ("sizes", "[1, 2]", "raises")
    assert found.failure is not None
    assert found.failure.exception == "TypeError"


def test_a_layer_that_stays_a_config(observed: dict[str, LayerFacts]) -> None:
    found = lost(observed["NeverRead"])
    assert (found.received, found.effect) == ("the config of a Dense", "raises")


def test_a_layer_that_comes_back_built_and_is_built_again(
    observed: dict[str, LayerFacts],
) -> None:
    found = lost(observed["BuildsAgain"])
    assert (found.subject, found.effect) == ("layer", "raises")
    assert found.failure is not None
    assert found.failure.location is not None
    assert found.failure.location.line == line(ARGUMENTS, "builds again")


@pytest.mark.parametrize("name", ["Alike", "Around"])
def test_what_means_the_same_is_left_alone(observed: dict[str, LayerFacts], name: str) -> None:
    assert check(observed[name], "config").status == "passed"


@pytest.mark.parametrize(
    ("name", "ignored", "marker"),
    [
        ("Swallows", "name, dtype, trainable", "swallows"),
        ("SwallowsToo", "dtype, trainable", "swallows but the name"),
    ],
)
def test_what_a_constructor_ignores(
    observed: dict[str, LayerFacts], name: str, ignored: str, marker: str
) -> None:
    found = breach(observed[name], "constructor")
    assert found.received == ignored
    assert found.location is not None
    assert found.location.line == line(ARGUMENTS, marker)


@pytest.mark.parametrize("name", ["OfOneType", "Alike", "Committee"])
def test_what_a_constructor_hands_on(observed: dict[str, LayerFacts], name: str) -> None:
    assert check(observed[name], "constructor").status == "passed"
