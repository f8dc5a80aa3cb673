"""Layers of the tests, observed by workers as the program does it.

Each worker observes several, as it does where no process can be forked: that takes half the time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from layerdoctor.facts import Breach, Check, CheckName, LayerFacts
from layerdoctor.runner.pool import Pool
from layerdoctor.target import Target

LAYERS = Path(__file__).parent / "layers"


def target(module: str, name: str, *shape: int, **given: Any) -> Target:
    """Return a target of the test's layers; ``shape`` is its input where none are given."""
    inputs = given.pop("inputs", [{"shape": shape or (4, 3)}])
    table = {"id": name, "target": f"{module}:{name}", "inputs": inputs, "timeout": 30, **given}
    return msgspec.convert({**table, "app_dirs": [str(LAYERS)]}, Target)


def observe(targets: Iterable[Target]) -> dict[str, LayerFacts]:
    """Return what is observed of each target, by its name."""
    wanted = list(targets)
    with Pool(2, forward=lambda _name, _text: None, lasting=True) as workers:
        workers.start(wanted)
        return {facts.id: facts for facts in workers.examine(wanted)}


def observe_checks(targets: Iterable[Target], *checks: CheckName) -> dict[str, LayerFacts]:
    """Return what these checks of the contract tell of each target, made in this process."""
    from tests.examine import examined

    with as_in_a_worker():
        return {each.id: examined(each, checks=checks) for each in targets}


@contextmanager
def as_in_a_worker() -> Iterator[None]:
    """Let layers warn, which is no error in a worker, and show all frames of what they raise."""
    import keras

    keras.config.disable_traceback_filtering()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        keras.config.enable_traceback_filtering()


def line(module: str, marker: str) -> int:
    """Return the number of the line of a module that ends with the comment."""
    lines = LAYERS.joinpath(f"{module}.py").read_text(encoding="utf-8").splitlines()
    found = [number for number, text in enumerate(lines, 1) if text.endswith(f"# {marker}")]
    assert len(found) == 1, f"{marker} marks {len(found)} lines of {module}"
    return found[0]


def check(facts: LayerFacts, name: str) -> Check:
    """Return one check of the contract."""
    return next(found for found in facts.checks if found.name == name)


def breach(facts: LayerFacts, name: str) -> Breach:
    """Return the one way in which a check failed."""
    found = check(facts, name)
    assert found.status == "failed", found
    (only,) = found.breaches
    return only
