"""``layerdoctor.Checkup`` in a real training, with Keras 3 and with Keras 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import run_script

LAYERS = """
import tensorflow as tf
from KERAS import Input, Model, Sequential, layers, utils
import numpy as np

import layerdoctor


class Fine(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 4))
        super().build(shape)

    def call(self, x):
        return tf.matmul(x, self.kernel)


class Route(Fine):
    def build(self, shape):
        super().build(shape)
        self.gate = self.add_weight(name="gate", shape=(shape[-1], 4))

    def call(self, x):
        return super().call(x) + tf.one_hot(tf.argmax(tf.matmul(x, self.gate), -1), 4)


class Blocked(layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=())

    def call(self, x):
        return x + tf.round(x * self.gain)


class Endless(Fine):
    def call(self, x):
        return super().call(x) / tf.abs(x[:, :1] - 5.0)


x = np.random.default_rng(0).standard_normal((20, 5)).astype("float32")
y = x[:, :1]


def train(layer, callbacks, data=None, **ways):
    utils.set_random_seed(1)
    model = Sequential([Input((5,)), layer, layers.Dropout(0.5), layers.Dense(1)])
    model.compile("sgd", "mse", **ways)
    given = (x, y) if data is None else (data,)
    seen = model.fit(*given, epochs=2, verbose=0, callbacks=callbacks, steps_per_epoch=STEPS)
    return seen.history["loss"], np.concatenate([w.ravel() for w in model.get_weights()])


STEPS = None
"""

SOUND = """
from contextlib import redirect_stdout
from io import StringIO

for ways in ({}, {"steps_per_execution": 2}, {"run_eagerly": True}):
    alone = train(Fine(), [], **ways)
    checkup, said = layerdoctor.Checkup(), StringIO()
    with redirect_stdout(said):
        watched = train(Fine(), [checkup], **ways)
    assert said.getvalue() == "", said.getvalue()
    assert alone[0] == watched[0], (alone, watched)
    assert np.array_equal(alone[1], watched[1])
    [found] = checkup.examined
    assert found.facts.inputs[0].shape == (20, 5)
    assert (found.findings, checkup.epoch.unmoved, checkup.not_seen) == ((), (), [])


class Pair(layers.Layer):
    def build(self, *shapes, **named):
        self.kernel = self.add_weight(name="kernel", shape=(5, 4))
        self.built = True

    def call(self, query, key, scale=1.0, training=None):
        return tf.matmul(query, self.kernel) * scale + key


class Sum(Fine):
    def call(self, tensors):
        return super().call(tensors[0]) + tensors[1]

    def build(self, shapes):
        super().build(shapes[0])


class Both(Model):
    def __init__(self):
        super().__init__()
        self.pair, self.sum, self.last = Pair(name="pair"), Sum(name="sum"), layers.Dense(1)

    def call(self, inputs, training=False):
        key = inputs["key"]
        return self.last(self.sum([self.pair(inputs["query"], key=key, scale=2.0), key]))


model = Both()
model.compile("adam", "mse")
checkup = layerdoctor.Checkup()
model.fit({"query": x, "key": x[:, 1:]}, y, verbose=0, callbacks=[checkup])
shapes = [[(each.name, each.shape) for each in found.facts.inputs] for found in checkup.examined]
assert shapes == [[(None, (20, 5)), ("key", (20, 4))], [(None, (20, 4)), (None, (20, 4))]], shapes
assert checkup.examined[0].facts.call_args == {"scale": 2.0}
assert checkup.not_seen == []
print("done")
"""

BROKEN = """
train(Route(name="router"), [layerdoctor.Checkup()])
x[3, 0] = 5.0
train(Endless(), [layerdoctor.Checkup()])
STEPS = 1


def batches():
    while True:
        yield x, y


train(Route(name="fed"), [layerdoctor.Checkup()], batches())
STEPS = None
checkup = layerdoctor.Checkup()
blocks = Sequential([Input((4,)), *(Blocked(name=f"block{n}") for n in range(12)), layers.Dense(4)])
blocks.compile("sgd", "mse")
blocks.fit(x[:, 1:], x[:, 1:], verbose=0, callbacks=[checkup])
assert len(checkup.examined) == 1
print("done")
"""


def run(folder: Path, keras: str, script: str) -> str:
    return run_script(folder, LAYERS.replace("KERAS", keras) + script)


@pytest.mark.parametrize("keras", ["keras", "tf_keras"])
def test_a_sound_training_goes_on_as_without_it_and_in_silence(tmp_path: Path, keras: str) -> None:
    run(tmp_path, keras, SOUND)


@pytest.mark.parametrize("keras", ["keras", "tf_keras"])
def test_what_is_the_matter_is_told_when_it_is_seen_and_in_a_table(
    tmp_path: Path, keras: str
) -> None:
    said = run(tmp_path, keras, BROKEN)
    router, endless, fed, blocks = said.split("layerdoctor\n")[1:]
    before = said.partition("layerdoctor\n")[0]
    assert "before the first step: script.py:24:" in before
    assert "LD202 cut-gradient no gradient reaches `self.gate`" in before
    assert "after the first epoch: never moved: " in before
    rows = [line.split() for line in router.split("\n\n")[0].splitlines()]
    assert rows[0] == ["when", "what", "about", "where"]
    assert rows[1][:6] == ["first", "batch", "LD202", "cut-gradient", "__main__.Route", "self.gate"]
    assert rows[1][6].startswith("script.py:24:")
    assert rows[2][:4] == ["first", "epoch", "never", "moved"]
    assert rows[2][4].endswith("router/gate")
    assert "LD205 non-finite" in endless
    assert "first epoch  not finite" in endless
    assert "__main__.Route self.gate" in fed
    assert "LD202 cut-gradient  __main__.Blocked self.gain (in 12 layers)  script.py:32" in blocks
    assert blocks.count("first epoch  never moved") == 11
    assert "first epoch  never moved         2 more" in blocks
