"""What a changed layer computes, beside what it computed with the same weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layerdoctor.facts import Behaviour
from layerdoctor.protocol import Comparison
from layerdoctor.runner.pool import Pool
from layerdoctor.target import Input, Target

HEAD = """
import keras
import tensorflow as tf


class Example(keras.layers.Layer):
"""
GAIN = """
    def build(self, shape):
        self.gain = self.add_weight(shape=(5,), initializer="ones", name="gain")
"""
HIDDEN = """
    def __init__(self):
        super().__init__()
        self.gain = tf.Variable(tf.ones(5))
"""
CHANGES = {
    "equal": (
        HIDDEN + "    def call(self, x):\n        return x * self.gain\n",
        GAIN + "    def call(self, x):\n        return self.gain * x\n",
    ),
    "renamed": (
        GAIN + "    def call(self, x):\n        return x * self.gain\n",
        GAIN.replace("self.gain", "self.scale")
        + "    def call(self, x):\n        return x * self.scale\n",
    ),
    "finite": (
        "    def call(self, x):\n        return tf.math.log(x)\n",
        "    def call(self, x):\n        return tf.math.log(tf.abs(x))\n",
    ),
    "start": (
        GAIN + "        self.kept = 2.0 * self.gain\n    def call(self, x):\n"
        "        return x * self.kept\n",
        GAIN + "    def call(self, x):\n        return x * 2.0 * self.gain\n",
    ),
    "changed": (
        "    def call(self, x):\n        return x + 1.0\n",
        "    def call(self, x):\n        return x + 1.1\n",
    ),
    "raises": (
        "    def call(self, x):\n        return x\n",
        "    def call(self, x):\n        raise ValueError('no such luck')\n",
    ),
    "drawn": (
        "    def call(self, x):\n        return x * tf.random.uniform(())\n",
        "    def call(self, x):\n        return x\n",
    ),
}


@pytest.fixture(scope="module")
def behaviour(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Behaviour, ...]]:
    folders = [tmp_path_factory.mktemp(name) for name in ("before", "after")]
    records = tmp_path_factory.mktemp("records")
    for name, versions in CHANGES.items():
        for folder, text in zip(folders, versions, strict=True):
            folder.joinpath(f"{name}.py").write_text(HEAD + text, encoding="utf-8")
    targets = [
        Target(id=name, target=f"{name}:Example", inputs=(Input(shape=(4, 5)),)) for name in CHANGES
    ]
    seen: dict[str, tuple[Behaviour, ...]] = {}
    with Pool(2, forward=lambda _, line: print(line)) as workers:
        workers.start(targets)
        for number, folder in enumerate(folders):
            there = [each for each in targets if not number or recorded(records, each.id)]
            here = [replace(each, app_dirs=(str(folder),)) for each in there]
            asked = {
                each.id: Comparison(str(records / each.id), records=number == 0) for each in here
            }
            for facts in workers.examine(here, asked):
                assert facts.behaviour is not None
                seen[facts.id] = (*seen.get(facts.id, ()), facts.behaviour)
    return seen


def recorded(records: Path, name: str) -> bool:
    return (records / name).exists()


def test_weights_go_over_by_where_they_are_held_or_as_they_start(
    behaviour: dict[str, tuple[Behaviour, ...]],
) -> None:
    assert behaviour["equal"][1].outputs == "equal"
    assert behaviour["renamed"][1].outputs == "equal"


def test_what_differs_is_told_by_where_it_differs(
    behaviour: dict[str, tuple[Behaviour, ...]],
) -> None:
    for name in ("finite", "start", "changed"):
        assert behaviour[name][1].outputs == name


def test_what_cannot_be_compared_is_told_with_the_reason(
    behaviour: dict[str, tuple[Behaviour, ...]],
) -> None:
    raised = behaviour["raises"][1]
    assert raised.outputs is None
    assert "ValueError: no such luck" in (raised.reason or "")
    (drawn,) = behaviour["drawn"]
    assert drawn.outputs is None
    assert "drawn anew" in (drawn.reason or "")
